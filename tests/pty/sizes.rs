//! E25: every size, and a storm of them.

use crate::terminal::End;
use crate::{READY, lifeboat};

#[test]
fn e25_terminals_of_any_size_are_drawn_on_and_left() {
    for (w, h) in [(1, 1), (19, 5), (500, 200)] {
        let mut terminal = lifeboat("demo").size(w, h).start();
        terminal.is_taken();
        terminal.until("a frame", |screen| !screen.contents().trim().is_empty());
        terminal.send("q");
        assert_eq!(terminal.end(), End::Code(0), "{w}x{h}");
        terminal.is_restored();
    }
}

#[test]
fn e25_a_storm_of_sizes_ends_with_the_last_one_on_the_screen() {
    let mut terminal = lifeboat("demo").size(100, 30).start();
    terminal.shows(READY);
    for step in 0..300_u16 {
        terminal.resize(1 + step * 7 % 180, 1 + step * 3 % 60);
    }
    terminal.resize(120, 40);
    terminal.shows(READY);
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
}
