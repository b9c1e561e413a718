//! What `plan --out` writes for tool x identity x encryption x bucket x restore clusters, over the demo world. The
//! first of each tool and identity is whole, the others are what differs from it. A change of one is read before
//! it is accepted.

use crate::told;
use lifeboat::domain::{Identity, Tool};
use lifeboat::plan::{Prove, diff};
use rstest::rstest;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const ENCRYPTIONS: [&str; 3] = ["bucket-default", "new", "alias/backups"];
const BUCKETS: [&str; 2] = ["acme-backups", "acme-logs"];

/// Path to text; a refusal is a text of its own.
type Written = BTreeMap<String, String>;

fn written(tool: Tool, identity: Identity, encryption: &str, bucket: &str, restores: usize) -> Written {
    let answers = told::answers(tool, identity, encryption, bucket, restores);
    let plan = told::facts(&answers).and_then(|facts| {
        lifeboat::plan::plan(&answers, &facts, Prove::Needed).map_err(|problems| problems.to_string())
    });
    match plan {
        Ok(plan) => plan.documents().map(|it| (it.path.clone(), it.text.clone())).collect(),
        Err(refused) => BTreeMap::from([("REFUSED".to_owned(), refused + "\n")]),
    }
}

fn whole(written: &Written) -> String {
    written.iter().fold(String::new(), |out, (path, text)| out + "=== " + path + "\n" + text)
}

/// What differs, document by document.
fn beside(base: &Written, other: &Written) -> String {
    let mut out = String::new();
    for path in base.keys().filter(|path| !other.contains_key(*path)) {
        let _ = writeln!(out, "=== without {path}");
    }
    for (path, text) in other {
        match base.get(path) {
            None => {
                let _ = write!(out, "=== new {path}\n{text}");
            }
            Some(before) if before != text => {
                let _ = writeln!(out, "=== {path}\n{}", diff(before, text).join("\n"));
            }
            Some(_) => {}
        }
    }
    out
}

#[rstest]
fn the_documents_of_the_whole_grid_are_golden(
    #[values(Tool::Velero, Tool::RancherBackup, Tool::UpboundSpaces)] tool: Tool,
    #[values(Identity::Irsa, Identity::PodIdentity)] identity: Identity,
) {
    let base = written(tool, identity, ENCRYPTIONS[0], BUCKETS[0], 0);
    let name = |encryption: &str, bucket: &str, restores: usize| {
        let (encryption, bucket) =
            (encryption.replace('/', "-"), if bucket == "acme-logs" { "existing" } else { "new" });
        format!("grid.{}.{}.{encryption}.{bucket}-bucket.{restores}", tool.as_str(), identity.as_str())
    };
    insta::assert_snapshot!(name(ENCRYPTIONS[0], BUCKETS[0], 0), whole(&base));
    for encryption in ENCRYPTIONS {
        for bucket in BUCKETS {
            for restores in 0..2 {
                if (encryption, bucket, restores) != (ENCRYPTIONS[0], BUCKETS[0], 0) {
                    let other = written(tool, identity, encryption, bucket, restores);
                    insta::assert_snapshot!(name(encryption, bucket, restores), beside(&base, &other));
                }
            }
        }
    }
}

#[test]
fn another_choice_gives_other_documents() {
    let of = |encryption, bucket, restores| written(Tool::Velero, Identity::Irsa, encryption, bucket, restores);
    let base = of(ENCRYPTIONS[0], BUCKETS[0], 0);
    assert!(!base.contains_key("REFUSED"), "{base:?}");
    for other in [of("new", BUCKETS[0], 0), of(ENCRYPTIONS[0], BUCKETS[1], 0), of(ENCRYPTIONS[0], BUCKETS[0], 1)] {
        assert!(!beside(&base, &other).is_empty());
    }
}
