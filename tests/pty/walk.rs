//! A user's way through the wizard, from Welcome on, in the demo.

use crate::terminal::{Start, Terminal};
use crate::{READY, lifeboat};

/// The demo, where nothing takes time.
pub fn demo() -> Start {
    lifeboat("demo").size(120, 40).set("LIFEBOAT_DEMO_PACE", "0")
}

/// Walks from Welcome to Storage: Velero with IRSA on prod.
pub fn to_storage(terminal: &mut Terminal) {
    terminal.shows(READY).shows("111122223333").shows("Set up backups");
    terminal.send("\r");
    terminal.shows("staging");
    terminal.send("prod");
    terminal.hides("staging");
    terminal.send("\r");
    for title in ["What backs up", "gets its rights"] {
        terminal.shows(title);
        terminal.send("\x0e");
    }
    terminal.shows("Bucket");
}

/// Walks on to Review, with a bucket of this name.
pub fn to_review(terminal: &mut Terminal, bucket: &str) {
    to_storage(terminal);
    terminal.send("\t");
    terminal.send(bucket);
    terminal.shows(bucket);
    terminal.send("\x0e");
    terminal.shows("ncrypt");
    terminal.send("\x0e");
    terminal.shows("Options");
    terminal.send("\x0e");
    terminal.shows("Changes");
}
