//! Laws: whatever is pressed, pasted, clicked, resized and reported, nothing panics and no lookup outlives its
//! screen; Back after Next is the identity.

use lifeboat::app::{
    self, Area, Code, Command, Effect, Key, Model, Mouse, MouseKind, Msg, News, Owner, Setup, Size, Ticket,
};
use lifeboat::domain::Shown;
use lifeboat::domain::discovery::Discovery;
use lifeboat::domain::live::LiveNews;
use lifeboat::domain::run::{Event, Finish, Outcome, State};
use lifeboat::ports::{BucketHead, Trouble, TroubleKind};
use lifeboat::wizard::StepId;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Text of the kinds that stand in the way: hostile, wide, right to left, long.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.-]{0,20}",
        "\\PC{0,12}",
        Just("\u{1b}[31mred\u{9b}2J\r\n".to_owned()),
        Just("\u{202e}kcab \u{200b}\u{e0041}".to_owned()),
        Just("日本語の長い名前👩‍👩‍👧‍👦é".to_owned()),
        Just("x".repeat(5_000)),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    let plain = prop_oneof![
        Just(Code::Enter),
        Just(Code::Esc),
        Just(Code::Tab),
        Just(Code::BackTab),
        Just(Code::Backspace),
        Just(Code::Delete),
        Just(Code::Left),
        Just(Code::Right),
        Just(Code::Up),
        Just(Code::Down),
        Just(Code::Home),
        Just(Code::End),
        Just(Code::PageUp),
        Just(Code::PageDown),
        any::<char>().prop_map(Code::Char),
        "[a-zA-Z?:/ ]".prop_map(|text| Code::Char(text.chars().next().unwrap_or(' '))),
    ];
    (plain, prop::bool::weighted(0.15)).prop_map(|(code, ctrl)| Key { code, ctrl, alt: false })
}

fn news() -> impl Strategy<Value = News> {
    let trouble = || Trouble::new(TroubleKind::Network, "no answer");
    prop_oneof![
        text().prop_map(|name| News::Discovery(Discovery::Regions(vec![name, "us-east-1".to_owned()]))),
        (text(), prop::collection::vec(text(), 0..30))
            .prop_map(|(region, names)| News::Discovery(Discovery::Clusters(region, names))),
        text().prop_map(|why| News::Discovery(Discovery::Refused("us-east-1".to_owned(), Shown::new(&why)))),
        text().prop_map(|name| News::Bucket(name, Ok(BucketHead::Foreign))),
        Just(News::Surroundings(Err(trouble()))),
        Just(News::Buckets(Err(trouble()))),
        text().prop_map(|text| News::Edited(Ok(Some(text)))),
        text().prop_map(|line| News::Log(Ok(Shown::new(&line)))),
        text().prop_map(|why| News::Live(LiveNews::Stale(Shown::new(&why)))),
        (text(), text()).prop_map(|(change, message)| News::Event(Event {
            at: String::new(),
            run: String::new(),
            change,
            state: State::Waiting,
            seconds: f64::NAN,
            message,
        })),
        Just(News::Finished(Finish {
            run: String::new(),
            outcome: Outcome::Failed,
            exit: 3,
            proven: vec![],
            not_proven: vec![],
        })),
        Just(News::Refused(trouble())),
    ]
}

fn msg() -> impl Strategy<Value = Msg> {
    prop_oneof![
        8 => key().prop_map(Msg::Key),
        2 => text().prop_map(Msg::Paste),
        2 => (0u16..260, 0u16..90, 0..3u8).prop_map(|(x, y, kind)| Msg::Mouse(Mouse {
            kind: [MouseKind::Press, MouseKind::ScrollUp, MouseKind::ScrollDown][usize::from(kind)], x, y,
        })),
        1 => (0u16..=250, 0u16..=80).prop_map(|(w, h)| Msg::Resize(Size { w, h })),
        1 => any::<i64>().prop_map(Msg::Now),
        4 => (1u64..12, news()).prop_map(|(ticket, news)| Msg::News(Ticket(ticket), Box::new(news))),
        1 => (1u64..12).prop_map(|ticket| Msg::Ended(Ticket(ticket))),
        1 => Just(Msg::Terminate),
        1 => Just(Msg::Resumed),
    ]
}

fn whole(model: &Model) -> Area {
    Area::new(0, 0, model.size.w, model.size.h)
}

/// What holds of every model.
fn holds(model: &Model, effects: &[Effect]) -> Result<(), TestCaseError> {
    let step = model.step();
    for (ticket, owner) in &model.tasks {
        let here = match owner {
            Owner::Screen(of) => *of == step,
            Owner::Program | Owner::Run => true,
        };
        prop_assert!(here, "{ticket:?} of {owner:?} outlives its screen; at {step:?}");
    }
    let mut started = BTreeSet::new();
    for effect in effects {
        if let Effect::Start(ticket, _) = effect {
            prop_assert!(started.insert(*ticket), "a ticket is given twice");
        }
        if let Effect::Cancel(ticket) = effect {
            prop_assert!(model.tasks.get(ticket) != Some(&Owner::Run), "a run is cancelled");
        }
    }
    let layout = app::solve(model);
    for area in [layout.header, layout.stepper, layout.body, layout.side, layout.caption, layout.toasts, layout.footer]
    {
        prop_assert!(
            area.w == 0 || area.h == 0 || {
                let whole = whole(model);
                area.x + area.w <= whole.w && area.y + area.h <= whole.h
            },
            "{area:?} leaves the screen {:?}",
            model.size
        );
    }
    for (x, y) in [(0, 0), (model.size.w / 2, model.size.h / 2), (model.size.w, model.size.h), (u16::MAX, u16::MAX)] {
        let _ = app::hit(model, x, y);
    }
    let _ = (app::hints(model, usize::from(model.size.w)), model.moves());
    for command in Command::ALL {
        let _ = app::available(model, command);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn e25_tui_row_31_no_message_at_any_size_panics_and_no_effect_outlives_its_screen(
        messages in prop::collection::vec(msg(), 1..120),
        (w, h) in (0u16..=250, 0u16..=80),
        start in 0usize..10,
    ) {
        let setup = Setup { demo: Some("default".to_owned()), ..Setup::default() };
        let mut model = Model::new(setup, Size { w, h }, 0);
        model.draft.at = StepId::ALL[start];
        model.draft.visited.extend(StepId::ALL);
        model.draft.set("cluster.name", "prod");
        model.draft.set("cluster.region", "us-east-1");
        let effects = app::start(&mut model);
        holds(&model, &effects)?;
        for message in messages {
            let effects = app::update(&mut model, message);
            holds(&model, &effects)?;
        }
    }

    #[test]
    fn tui_row_10_back_after_next_is_the_identity(
        texts in prop::collection::btree_map(
            prop::sample::select(vec!["bucket.name", "bucket.prefix", "velero.ttl", "velero.schedule", "encryption.kind",
                "role.name", "tags", "install.namespace"]),
            text(), 0..6),
        step in prop::sample::select(vec![StepId::Tool, StepId::Identity, StepId::Storage, StepId::Encryption, StepId::Options]),
        more in any::<bool>(),
    ) {
        let mut model = Model::new(Setup::default(), Size { w: 100, h: 30 }, 0);
        model.draft.set("cluster.name", "prod");
        model.draft.set("cluster.region", "us-east-1");
        for (path, text) in &texts {
            model.draft.set(path, text);
        }
        model.draft.at = step;
        model.draft.visited.extend(StepId::ALL);
        model.form.more = more;
        let before = model.draft.clone();
        let press = |model: &mut Model, code, ctrl| app::update(model, Msg::Key(Key { code, ctrl, alt: false }));
        press(&mut model, Code::Char('n'), true);
        if model.step() != step {
            press(&mut model, Code::Esc, false);
        }
        prop_assert_eq!(&model.draft, &before);
    }

    #[test]
    fn a_draft_comes_back_from_its_file_as_it_was(
        texts in prop::collection::btree_map("[a-z_.]{1,20}", text(), 0..8),
        at in prop::sample::select(StepId::ALL.to_vec()),
    ) {
        let mut draft = lifeboat::wizard::Draft::default();
        draft.at = at;
        for (path, text) in &texts {
            draft.set(path, text);
        }
        prop_assert_eq!(lifeboat::wizard::Draft::from_file(&draft.to_file()).unwrap(), draft);
    }
}
