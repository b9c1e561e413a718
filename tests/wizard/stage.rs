//! A walkthrough without a terminal: the real machine, the real screens, the demo world.

use crate::journey::Journey;
use lifeboat::app::{Msg, Size, Tour, scripts};
use lifeboat::theme::{Profile, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// A walkthrough at a size; each frame in which a part begins is given to `frame`. Panics with the screen when it
/// waits for a text that does not come.
pub async fn play(name: &str, size: Size, mut frame: impl FnMut(usize, &Buffer)) -> Journey {
    let (_, script) = scripts().into_iter().find(|(there, _)| *there == name).expect("the script");
    let mut journey = Journey::at(&script.world);
    journey.send(Msg::Resize(size));
    journey.model.tour = Some(Tour::new(script, true));
    let theme = Theme::named("dark", Profile::TrueColor).expect("the theme");
    let mut terminal = Terminal::new(TestBackend::new(size.w, size.h)).expect("a terminal");
    let (mut shown, mut idle) = (None, 0);
    loop {
        let tour = journey.model.tour.clone().expect("the walkthrough");
        journey.model.caption = tour.caption();
        let drawn = terminal.draw(|frame| lifeboat::view::view(&journey.model, &theme, frame)).expect("a frame");
        let words = lifeboat::view::words(drawn.buffer);
        let part = tour.part().0;
        if shown != Some(part) && tour.waits_for().is_some_and(|wait| words.contains(wait)) {
            shown = Some(part);
            frame(part, drawn.buffer);
        }
        if tour.over() {
            return journey;
        }
        journey.model.now += 100;
        let before = (tour.pressed(), tour.part());
        journey.send(Msg::Seen(words.clone()));
        let tour = journey.model.tour.as_ref().expect("the walkthrough");
        if before == (tour.pressed(), tour.part()) {
            idle += 1;
            assert!(idle < 40, "part {} waits for {:?}; on the screen:\n{words}", part + 1, tour.waits_for());
            journey.settle().await;
        } else {
            idle = 0;
        }
    }
}
