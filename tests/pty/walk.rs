//! A user's way through the wizard, from Welcome on, in the demo.

use crate::terminal::{Start, Terminal};
use crate::{READY, lifeboat};

/// Ctrl-N: the next step.
const NEXT: &str = "\x0e";

/// The demo, where nothing takes time, on a wide terminal.
pub fn demo() -> Start {
    lifeboat("demo").size(140, 45).set("LIFEBOAT_DEMO_PACE", "0")
}

/// Walks from Welcome to Storage: Velero with IRSA on prod.
pub fn to_storage(terminal: &mut Terminal) {
    terminal.shows(READY).shows("arn:aws:iam::111122223333:user/ada").shows("Set up backups");
    terminal.send("\r");
    terminal.shows("legacy").shows("15 of 15 regions");
    terminal.send("prod");
    terminal.hides("legacy");
    terminal.send("\r");
    terminal.shows("Tool 3/");
    terminal.send(NEXT);
    // Facts choose the other identity there.
    terminal.shows("Identity 4/").shows("chosen for you: EKS Pod Identity");
    terminal.send("\x1b[A ");
    terminal.shows("recommended: EKS Pod Identity");
    terminal.send(NEXT);
    terminal.shows("Storage 5/");
}

/// Walks on to Review, with a new bucket of this name.
pub fn to_review(terminal: &mut Terminal, bucket: &str) {
    to_storage(terminal);
    terminal.send("\t");
    terminal.send(bucket);
    terminal.shows(bucket);
    for step in ["Encryption 6/", "Options 7/", "Review 8/"] {
        terminal.send(NEXT);
        terminal.shows(step);
    }
    terminal.shows("to create");
}

/// Applies the plan that is reviewed.
pub fn apply(terminal: &mut Terminal) {
    terminal.send("a");
    terminal.shows("Cancel");
    terminal.send("\t\r");
    terminal.shows("Apply 9/");
}
