//! Laws: at any size nothing panics and nothing is drawn where the mouse would not find it.

use crate::models;
use crate::support::{rows, screen};
use lifeboat::app::{Command, Hit, LiveTab, Model, Overlay, Seen, Size, hit, overlay_list};
use lifeboat::theme::Profile;
use lifeboat::wizard::StepId;
use proptest::prelude::*;

fn all() -> Vec<Model> {
    let mut out = vec![
        models::fresh(),
        models::arrived(),
        models::clusters(),
        models::wrong_bucket(),
        models::taken_bucket(),
        models::form(StepId::Options),
        models::review(),
        models::review_conflicts(),
        models::refuted(),
        models::running(),
    ];
    for tab in LiveTab::ALL {
        let mut model = models::live();
        model.live.tab = tab;
        out.push(model);
    }
    for seen in [Seen::Document, Seen::Diff, Seen::Commands] {
        let mut model = models::review();
        models::on_change(&mut model, "role");
        model.review.seen = seen;
        model.review.scroll = 1_000;
        model.review.shift = 3;
        out.push(model);
    }
    for key in ["f1", "ctrl-p"] {
        let mut model = models::form(StepId::Tool);
        lifeboat::app::update(&mut model, lifeboat::app::Msg::Key(key.parse().unwrap()));
        out.push(model);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn tui_row_31_any_size_is_drawn_without_a_panic(at in 0_usize..21, w in 0_u16..250, h in 0_u16..80, ascii: bool) {
        let models = all();
        let mut model = models[at % models.len()].clone();
        model.setup.ascii = ascii;
        screen(&model, w, h, Profile::Ansi16);
    }
}

/// The column and row of a text on the screen.
fn find(model: &Model, w: u16, h: u16, text: &str) -> Option<(u16, u16)> {
    let rows = rows(&screen(model, w, h, Profile::None));
    let place = |(y, row): (usize, &String)| {
        let before = row.split_once(text)?.0.chars().count();
        Some((u16::try_from(before).unwrap(), u16::try_from(y).unwrap()))
    };
    rows.iter().enumerate().find_map(place)
}

#[track_caller]
fn finds(model: &Model, (w, h): (u16, u16), text: &str, wanted: Hit) {
    let Some((x, y)) = find(model, w, h, text) else {
        panic!("{text} is not on the screen:\n{}", rows(&screen(model, w, h, Profile::None)).join("\n"))
    };
    let mut model = model.clone();
    model.size = Size { w, h };
    let there = rows(&screen(&model, w, h, Profile::None)).join("\n");
    assert_eq!(hit(&model, x, y), Some(wanted), "{text} at {x},{y}:\n{there}");
}

#[test]
fn tui_row_8_the_mouse_finds_what_is_drawn() {
    let sizes = [(120, 40), (80, 24), (60, 18)];
    for size in sizes {
        finds(&models::arrived(), size, "Look around", Hit::Row(1));
        finds(&models::clusters(), size, "legacy", Hit::Row(4));
        finds(&models::form(StepId::Tool), size, "Rancher Backup ", Hit::Stop(1));
        finds(&models::form(StepId::Tool), size, "[ Next", Hit::Stop(3));
        finds(&models::review(), size, "bucket acme-backups", Hit::Row(1));
        finds(&models::live(), size, "archive", Hit::Row(1));
        let mut pods = models::live();
        pods.live.tab = LiveTab::Pods;
        finds(&pods, size, "node-agent-7", Hit::Row(1));
        finds(&models::form(StepId::Tool), size, "enter next", Hit::Command(Command::Forward));
        finds(&models::form(StepId::Tool), size, ": commands", Hit::Command(Command::Palette));
    }
    finds(&models::form(StepId::Storage), (120, 40), "Identity", Hit::Step(StepId::Identity));
    finds(&models::form(StepId::Storage), (120, 40), "IRSA", Hit::Step(StepId::Identity));
}

#[test]
fn the_mouse_finds_the_rows_and_buttons_of_what_lies_over_the_screen() {
    let mut model = models::form(StepId::Tool);
    lifeboat::app::update(&mut model, lifeboat::app::Msg::Key("f1".parse().unwrap()));
    for size in [(120, 40), (80, 24), (60, 18), (40, 12)] {
        model.size = Size { w: size.0, h: size.1 };
        let Some(overlay @ Overlay::Menu { commands, .. }) = model.overlays.last() else { panic!("no menu") };
        let area = overlay_list(&model, overlay);
        assert!(area.h >= 2, "{size:?}: the help has no rows");
        let title = lifeboat::app::info(commands[0]).unwrap().title.clone();
        finds(&model, size, &title, Hit::Over(0));
    }
}
