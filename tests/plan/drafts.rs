//! Answers as a draft: what a file says can be gone on with in the wizard.

use crate::bars::grid::grid;
use lifeboat::wizard::Draft;
use pretty_assertions::assert_eq;

#[test]
fn the_draft_of_every_point_of_the_grid_means_the_same_answers() {
    for made in grid() {
        let answers = made.case.answers();
        let draft = Draft::of(&answers).unwrap_or_else(|| panic!("{}: no draft", made.case.name()));
        assert_eq!(draft.answers().unwrap(), answers, "{}", made.case.name());
        let kept = Draft::from_file(&draft.to_file()).unwrap();
        assert!(kept.says(&draft), "{}", made.case.name());
    }
}
