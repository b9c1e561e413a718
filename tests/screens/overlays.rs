//! What lies over a screen.

use crate::models;
use crate::support::{rows, screen, seen};
use lifeboat::app::{Confirm, Key, MenuKind, Model, Msg, Offered, Overlay, PromptKind, Then, update};
use lifeboat::domain::Shown;
use lifeboat::theme::Profile;
use lifeboat::wizard::StepId;
use tui_input::Input;

fn press(model: &mut Model, keys: &str) {
    for key in keys.split_whitespace() {
        update(model, Msg::Key(key.parse::<Key>().unwrap()));
    }
}

#[test]
fn tui_row_4_help_says_why_and_every_key_with_the_reason_where_it_is_of_no_use_now() {
    let mut model = models::form(StepId::Storage);
    press(&mut model, "f1");
    assert!(matches!(model.overlays.last(), Some(Overlay::Menu { kind: MenuKind::Help, .. })));
    seen("help", &model);
}

#[test]
fn tui_row_5_the_palette_holds_all_commands() {
    let mut model = models::review();
    press(&mut model, "ctrl-p");
    for c in "go".chars() {
        press(&mut model, &c.to_string());
    }
    seen("palette", &model);
}

fn question(typed: &str) -> Confirm {
    Confirm {
        title: Shown::new("Take the run back?"),
        lines: [
            "14 things that the run made are removed, if nobody changed them since.",
            "The bucket acme-backups stays: it holds objects that the run did not make, and what it holds is not lifeboat's to delete.",
        ]
        .map(Shown::new)
        .to_vec(),
        yes: Shown::new("Undo"),
        typed: typed.to_owned(),
        input: Input::default(),
        on_yes: false,
        then: Then::Undo,
    }
}

#[test]
fn tui_row_15_the_focus_of_a_question_is_on_cancel() {
    let mut model = models::running();
    model.overlays.push(Overlay::Confirm(question("")));
    seen("confirm", &model);
    for (w, h) in crate::support::SIZES {
        let shown = rows(&screen(&model, w, h, Profile::None)).join("\n");
        assert!(shown.contains("[▸Cancel ]  [ Undo ]"), "{shown}");
    }
}

#[test]
fn what_is_hard_to_take_back_has_its_name_typed() {
    let mut model = models::running();
    let mut question = question("acme-backups");
    question.input = models::typed("acme-ba");
    model.overlays.push(Overlay::Confirm(question));
    seen("confirm_typed", &model);
}

#[test]
fn values_are_chosen_from_a_list() {
    let mut model = models::form(StepId::Storage);
    let item = |n: usize| Offered { value: format!("acme-backups-{n}"), about: Shown::new("us-east-1"), cannot: false };
    let items: Vec<Offered> = (1..=30).map(item).collect();
    let mut pick = lifeboat::app::Pick::default();
    pick.set(items.iter().map(|item| format!("{}  {}", item.value, item.about)));
    pick.query = models::typed("2");
    pick.query_changed();
    let title = Shown::new("Buckets of 111122223333");
    model.overlays.push(Overlay::Picker { path: "bucket.name".to_owned(), title, items, pick });
    seen("picker", &model);
}

#[test]
fn a_line_is_asked_for() {
    let mut model = models::clusters();
    model.overlays.push(Overlay::Prompt {
        kind: PromptKind::ByHand,
        input: models::typed("us-east-1"),
        problem: Shown::new("it is REGION/NAME, such as us-east-1/prod"),
    });
    seen("prompt", &model);
}

#[test]
fn a_text_is_read_in_full() {
    let mut model = models::live();
    let lines = (1..=60).map(|n| Shown::new(&format!("line {n} of what the server said"))).collect();
    model.overlays.push(Overlay::Reader { title: Shown::new("Backup daily-20260105030000"), lines, scroll: 5 });
    seen("reader", &model);
}

#[test]
fn only_the_topmost_has_the_focus() {
    let mut model = models::review();
    press(&mut model, "ctrl-p");
    model.overlays.push(Overlay::Confirm(question("")));
    let shown = rows(&screen(&model, 80, 24, Profile::None)).join("\n");
    assert!(shown.contains("[▸Cancel ]"), "{shown}");
}
