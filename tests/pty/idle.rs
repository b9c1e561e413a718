//! Nothing happens: nothing is written, nothing is done (tui.md rows 37 and 38, design 7).

use crate::{READY, lifeboat};
use std::time::Duration;

#[test]
fn idle_writes_no_byte_and_takes_no_time() {
    let mut terminal = lifeboat("demo").set("LIFEBOAT_DEMO_PACE", "0").start();
    terminal.shows(READY).shows("111122223333").shows("the demo's");
    // Something is pressed that changes nothing, so that the last frame is known to be there.
    terminal.send("\x1b[B");
    terminal.within(Duration::from_millis(300));
    let before = terminal.cpu();
    let written = terminal.within(Duration::from_millis(1_500));
    assert!(written.is_empty(), "{:?}", String::from_utf8_lossy(&written));
    let spent = terminal.cpu().saturating_sub(before);
    assert!(spent <= Duration::from_millis(10), "{spent:?}");
}
