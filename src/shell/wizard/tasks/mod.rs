//! The tasks: port calls, reported as they answer.

mod find;
mod gather;
mod live;
mod look;
mod run;

use super::effects::Desk;
use crate::app::Task;

/// Does a task to its end.
pub async fn perform(desk: Desk, task: Task) {
    match task {
        Task::Look => look::look(&desk).await,
        Task::Discover => find::discover(&desk).await,
        Task::Describe(region, name, context) => find::describe(&desk, region, name, &context).await,
        Task::Buckets => find::buckets(&desk).await,
        Task::Keys(region) => find::keys(&desk, &region).await,
        Task::CheckBucket(name, region) => find::bucket(&desk, name, &region).await,
        Task::CheckKey(key, region) => find::key(&desk, key, &region).await,
        Task::Volumes(region, name, context) => find::volumes(&desk, &region, &name, &context).await,
        Task::Advise(of, clusters) => find::advise(&desk, of, &clusters).await,
        Task::Space(region, name, context) => find::space(&desk, &region, &name, &context).await,
        Task::Audit(name, answers) => find::audit(&desk, name, &answers).await,
        Task::Gather(answers) => gather::gather(&desk, *answers).await,
        Task::Preflight(answers, plan) => gather::preflight(&desk, *answers, &plan).await,
        Task::Apply { answers, plan, prove, key } => run::apply(&desk, &answers, &plan, prove, key).await,
        Task::Undo(id) => run::undo(&desk, &id).await,
        Task::Live(place) => live::live(&desk, &place).await,
        Task::Logs(place, pod) => live::logs(&desk, &place, &pod).await,
    }
}
