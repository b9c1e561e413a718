//! What stands around the steps.

use crate::models::{self, NOW};
use crate::support::{rows, screen, seen};
use lifeboat::app::{Caption, Level, Toast};
use lifeboat::domain::Shown;
use lifeboat::theme::Profile;
use lifeboat::wizard::StepId;

#[test]
fn tui_row_48_a_caption_says_how_it_is_steered() {
    let mut model = models::form(StepId::Tool);
    model.setup.demo = Some("default".to_owned());
    model.setup.read_only = true;
    model.caption = Some(Caption {
        text: Shown::new("Velero is chosen. The other two tools stand here with the reason why they cannot be."),
        part: 2,
        parts: 14,
        paused: false,
    });
    seen("caption", &model);
}

#[test]
fn tui_row_22_messages_have_a_sign_and_a_word() {
    let mut model = models::wrong_bucket();
    let say = |level, text: &str, more: &str| Toast { level, text: Shown::new(text), more: Shown::new(more), at: NOW };
    model.toasts.say(say(Level::Good, "Copied by the terminal (OSC 52)", ""));
    model.toasts.say(say(Level::Warning, "Existing: nothing was found.", ""));
    model.toasts.say(say(Level::Error, "s3:ListBuckets is denied", "no policy allows it. Ask for s3:ListAllMyBuckets"));
    seen("toasts", &model);
}

#[test]
fn tui_row_32_a_terminal_that_is_too_small_says_what_is_needed() {
    let shown = rows(&screen(&models::arrived(), 39, 11, Profile::TrueColor)).join("\n");
    insta::assert_snapshot!(shown, @r"
    lifeboat needs a terminal of 40 columns
    and 12 rows; this one has 39 and 11.
    Keys still work.
    ");
    let shown = rows(&screen(&models::arrived(), 12, 2, Profile::TrueColor)).join("\n");
    assert_eq!(shown.trim(), "40x12 needed");
}

#[test]
fn tui_row_36_in_ascii_nothing_else_is_drawn() {
    for mut model in
        [models::arrived(), models::clusters(), models::taken_bucket(), models::review(), models::running()]
    {
        model.setup.ascii = true;
        for (w, h) in crate::support::SIZES {
            let shown = rows(&screen(&model, w, h, Profile::None)).join("\n");
            assert!(shown.is_ascii(), "{shown}");
        }
    }
}
