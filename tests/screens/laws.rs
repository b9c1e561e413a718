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
    finds(&models::arrived(), (40, 12), "Look around", Hit::Row(1));
    finds(&models::form(StepId::Tool), (40, 12), "[ Next", Hit::Stop(3));
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
        finds(&models::form(StepId::Tool), size, "enter choose", Hit::Command(Command::Forward));
        finds(&models::form(StepId::Tool), size, ": menu", Hit::Command(Command::Palette));
    }
    finds(&models::form(StepId::Storage), (120, 40), "Identity", Hit::Step(StepId::Identity));
    finds(&models::form(StepId::Storage), (120, 40), "IRSA", Hit::Step(StepId::Identity));
}

#[test]
fn the_mouse_finds_the_rows_of_what_lies_over_the_screen() {
    let mut model = models::form(StepId::Tool);
    lifeboat::app::update(&mut model, lifeboat::app::Msg::Key("f1".parse().unwrap()));
    for size in [(120, 40), (80, 24), (60, 18), (40, 12)] {
        model.size = Size { w: size.0, h: size.1 };
        let Some(overlay @ Overlay::Menu { commands, .. }) = model.overlays.last() else { panic!("no menu") };
        let area = overlay_list(&model, overlay);
        assert!(area.h >= 4, "{size:?}: the help has too few rows");
        let title = lifeboat::app::info(commands[0]).unwrap().title.clone();
        finds(&model, size, &title, Hit::Over(0));
    }
}

/// Text of the kinds that stand in the way: control, bidi and invisible characters, wide and joined ones.
const HOSTILE: [&str; 4] = [
    "\u{1b}[31mred\u{9b}2J\r\n",
    "\u{202e}kcab\u{200b}",
    "日本語の長い名前の集群👩‍👩‍👧‍👦é",
    "x\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

#[test]
fn tui_row_36_no_raw_text_from_outside_reaches_a_cell() {
    for text in HOSTILE {
        let mut clusters = models::clusters();
        let names = vec![text.to_owned()];
        clusters.cluster.take(lifeboat::domain::discovery::Discovery::Clusters("us-east-1".to_owned(), names));
        let mut live = models::live();
        let status = live.live.status.as_mut().unwrap();
        status.locations[0].name = text.to_owned();
        status.pods[0].reason = text.to_owned();
        let mut form = models::form(StepId::Storage);
        models::fill(&mut form, "bucket.name", text);
        for model in [clusters, live, form] {
            for (w, h) in crate::support::SIZES {
                for cell in screen(&model, w, h, Profile::TrueColor).content {
                    let raw = |c: char| c.is_control() || "\u{202e}\u{200b}".contains(c);
                    assert!(!cell.symbol().contains(raw), "{text:?} stands on the screen as {:?}", cell.symbol());
                }
            }
        }
    }
}

#[test]
fn tui_row_38_what_turns_stands_where_nothing_may_move() {
    let rows_at = |still: bool, later: i64| {
        let mut model = models::fresh();
        model.setup.still = still;
        model.now += later;
        rows(&screen(&model, 80, 24, Profile::None))
    };
    assert_ne!(rows_at(false, 0), rows_at(false, 100), "it turns");
    assert_eq!(rows_at(true, 0), rows_at(true, 100));
}

#[test]
fn the_model_of_another_size_than_the_terminal_is_drawn_without_a_panic() {
    let theme = lifeboat::theme::Theme::named("dark", Profile::Ansi256).unwrap();
    for model in all() {
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(31, 9)).unwrap();
        terminal.draw(|frame| lifeboat::view::view(&model, &theme, frame)).unwrap();
    }
}

#[test]
fn the_mouse_finds_the_buttons_of_a_question() {
    let mut model = models::review();
    lifeboat::app::update(&mut model, lifeboat::app::Msg::Key("a".parse().unwrap()));
    assert!(matches!(model.overlays.last(), Some(Overlay::Confirm(_))), "no question");
    for size in [(120, 40), (80, 24), (60, 18), (40, 12)] {
        finds(&model, size, "Cancel ]", Hit::Over(0));
        finds(&model, size, "Apply ]", Hit::Over(1));
    }
}
