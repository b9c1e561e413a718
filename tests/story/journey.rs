//! The main journey: apply, apply again, change an answer, undo.

use crate::support::{User, answers, to_do};
use lifeboat::engine::Outcome;
use lifeboat::plan::Prove;

#[tokio::test]
async fn from_an_empty_account_to_a_restored_backup_and_all_keep_after() {
    let user = User::at("default");
    let mut answers = answers("prod");
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "restore", "delete"]);
    assert_eq!(ran.finish.not_proven, ["volumes", "schedules"]);

    // A finished bucket is found, not made: the same answers stand.
    answers.bucket.create = true;
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "after an apply all is kept");
    let again = user.apply(&answers, Prove::Needed).await;
    again.ended(0, Outcome::Verified);
    assert!(again.events.iter().all(|event| event.state == lifeboat::engine::State::Kept), "{}", again.said());
}

#[tokio::test]
async fn undo_takes_back_what_the_run_made_and_keeps_what_the_contract_names() {
    let user = User::at("default");
    let answers = answers("prod");
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let undone = user.undo(&answers, &ran).await;
    undone.ended(0, Outcome::Undone);
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let kept: Vec<&str> = plan
        .changes
        .iter()
        .filter(|change| change.action == lifeboat::plan::Action::Keep)
        .map(|change| change.id.as_str())
        .collect();
    assert_eq!(kept, ["namespace", "repository-password", "restart"], "{}", undone.said());
}

/// The end of a run waits for its longest chain: what the lifecycle and the policy wait for is begun before those that
/// nothing of the bucket waits for.
#[tokio::test]
async fn what_most_waits_for_is_begun_first() {
    let user = User::at("default");
    let ran = user.apply(&answers("prod"), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let begun = |id: &str| {
        let at = ran.events.iter().position(|event| event.change == id);
        at.unwrap_or_else(|| panic!("{id} was never begun:\n{}", ran.said()))
    };
    for first in ["bucket-versioning", "bucket-public-access"] {
        for neighbour in ["bucket-ownership", "bucket-encryption"] {
            assert!(begun(first) < begun(neighbour), "{neighbour} is before {first}:\n{}", ran.said());
        }
    }
}
