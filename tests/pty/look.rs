use crate::walk;
use std::time::Duration;
#[test]
fn look() {
    let mut t = walk::demo().start();
    t.shows("111122223333");
    let mut see = |t: &crate::terminal::Terminal, what: &str| {
        t.within(Duration::from_millis(400));
        eprintln!("=== {what}\n{}", t.text());
    };
    see(&t, "welcome");
    t.send("\r");
    see(&t, "cluster");
    t.send("prod");
    see(&t, "filter");
    t.send("\r");
    see(&t, "tool");
    t.send("\x0e");
    see(&t, "identity");
    t.send("\x0e");
    see(&t, "storage");
    t.send("\t");
    t.send("acme-new");
    see(&t, "bucket");
    t.send("\x0e");
    see(&t, "encryption");
    t.send("\x0e");
    see(&t, "options");
    t.send("\x0e");
    see(&t, "review");
    t.send("\t");
    see(&t, "doc");
    t.send("s");
    see(&t, "save");
    t.send("\x1b");
    see(&t, "esc");
    t.send("a");
    see(&t, "apply?");
    t.send("\t\r");
    see(&t, "applied");
    t.within(Duration::from_secs(3));
    see(&t, "end");
    t.send("l");
    see(&t, "live");
    t.send("\t\t\t\t\t");
    see(&t, "log");
    t.send("q");
    see(&t, "q");
}
