//! Keys, help, palette, footer, mouse: all from the one table of commands.

use crate::journey::Journey;
use lifeboat::app::{
    Command, Hit, MenuKind, Mouse, MouseKind, Msg, Overlay, Size, available, commands, hints, hit, solve,
};
use lifeboat::wizard::StepId;
use rstest::rstest;

fn menu(journey: &Journey) -> Vec<Command> {
    match journey.model.overlays.last() {
        Some(Overlay::Menu { commands, .. }) => commands.clone(),
        _ => panic!("no menu: {}", journey.seen()),
    }
}

#[tokio::test]
async fn tui_row_5_every_command_is_in_the_palette_and_what_cannot_be_done_says_why() {
    let mut journey = Journey::at("default");
    journey.press("ctrl-p");
    let there = menu(&journey);
    for info in commands() {
        let inner = matches!(info.command, Command::Choose | Command::Close);
        assert!(inner || there.contains(&info.command), "{:?} is not in the palette", info.command);
    }
    journey.types("undo the run").press("enter");
    assert!(journey.said("it belongs to Apply"), "tui row 6: {}", journey.seen());
}

#[tokio::test]
async fn tui_row_4_help_shows_the_keys_of_the_place_one_is_in_and_can_be_searched() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    journey.press("?");
    let Some(Overlay::Menu { kind, .. }) = journey.model.overlays.last() else { panic!("no help") };
    assert_eq!(*kind, MenuKind::Help);
    let there = menu(&journey);
    assert!(there.contains(&Command::Save) && !there.contains(&Command::Test), "{there:?}");
    journey.types("save all").press("enter");
    assert!(matches!(journey.model.overlays.last(), Some(Overlay::Prompt { .. })), "the help can be used");
}

#[tokio::test]
async fn in_a_text_letters_are_text_and_an_empty_one_lets_help_through() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Storage).await;
    journey.press("tab ?");
    assert_eq!(journey.model.overlays.len(), 1);
    journey.press("esc").types("a?:q");
    assert_eq!(journey.model.draft.text("bucket.name"), "a?:q");
    assert!(journey.model.overlays.is_empty());
}

#[rstest]
#[case(StepId::Cluster, &[Command::Choose, Command::Refresh, Command::ByHand, Command::Back, Command::Help])]
#[case(StepId::Storage, &[Command::Forward, Command::Next, Command::Back, Command::Palette])]
#[case(StepId::Review, &[Command::Apply, Command::See, Command::Copy, Command::Save, Command::Edit, Command::Back])]
#[case(StepId::Apply, &[Command::GoLive, Command::Undo, Command::Details, Command::Copy])]
#[case(StepId::Live, &[Command::Test, Command::NextTab, Command::Refresh, Command::Back])]
#[tokio::test]
async fn tui_row_3_the_footer_names_the_keys_of_each_place(#[case] step: StepId, #[case] wanted: &[Command]) {
    let mut journey = Journey::at("default");
    if step == StepId::Cluster {
        journey.settle().await;
        journey.press("enter").settle().await;
    } else {
        journey.walk("prod", "acme-backups", step.min(StepId::Apply)).await;
        if step == StepId::Live {
            journey.press("enter").settle().await;
        }
    }
    journey.on(step);
    let there: Vec<Command> = hints(&journey.model, 200).iter().map(|hint| hint.command).collect();
    for command in wanted {
        assert!(there.contains(command), "{command:?} is not in {there:?}");
    }
    for hint in hints(&journey.model, 200) {
        assert!(available(&journey.model, hint.command).is_ok(), "{hint:?} cannot be done");
    }
    let narrow = hints(&journey.model, 38);
    let width: usize = narrow.iter().map(|hint| hint.key.len() + hint.word.len() + 3).sum();
    assert!(width <= 38 + 20 && narrow.iter().any(|hint| hint.command == Command::Help), "{narrow:?}");
}

#[tokio::test]
async fn tui_row_8_the_footer_and_the_stepper_can_be_clicked() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Encryption).await;
    let layout = solve(&journey.model);
    let click = |journey: &mut Journey, x, y| journey.send(Msg::Mouse(Mouse { kind: MouseKind::Press, x, y }));
    let row = (0..layout.stepper.h)
        .find(|row| hit(&journey.model, 2, layout.stepper.y + row) == Some(Hit::Step(StepId::Tool)))
        .expect("the step is on the screen");
    click(&mut journey, 2, layout.stepper.y + row);
    journey.on(StepId::Tool);
    let footer = solve(&journey.model).footer;
    let back = (0..footer.w)
        .find(|x| hit(&journey.model, *x, footer.y) == Some(Hit::Command(Command::Back)))
        .expect("back is in the footer");
    click(&mut journey, back, footer.y);
    journey.on(StepId::Cluster);
}

#[tokio::test]
async fn tui_row_26_a_row_is_chosen_by_a_second_click_and_lists_scroll() {
    let mut journey = Journey::at("default");
    journey.settle().await;
    journey.press("enter").settle().await;
    let area = lifeboat::app::list_area(&journey.model);
    let mouse = |kind, y| Msg::Mouse(Mouse { kind, x: area.x + 2, y });
    journey.send(mouse(MouseKind::Press, area.y + 2));
    assert_eq!(journey.model.cluster.pick.cursor(), 2);
    journey.send(mouse(MouseKind::ScrollUp, area.y));
    assert_eq!(journey.model.cluster.pick.cursor(), 0);
    journey.send(mouse(MouseKind::Press, area.y));
    journey.on(StepId::Tool);
}

#[tokio::test]
async fn too_small_a_terminal_still_takes_keys() {
    let mut journey = Journey::at("default");
    journey.send(Msg::Resize(Size { w: 19, h: 5 }));
    journey.settle().await;
    journey.press("enter");
    journey.on(StepId::Cluster);
}

#[tokio::test]
async fn messages_so_far_can_be_read_again() {
    let mut journey = Journey::at("default");
    journey.press("ctrl-c").press("ctrl-g");
    let Some(Overlay::Reader { lines, .. }) = journey.model.overlays.last() else { panic!("no history") };
    assert!(lines.iter().any(|line| line.as_str().contains("Ctrl-C")), "{lines:?}");
    journey.press("esc");
    assert!(journey.model.overlays.is_empty());
}
