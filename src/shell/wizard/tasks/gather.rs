//! The facts that a plan of the answers needs.

use crate::app::{Gathered, News};
use crate::engine;
use crate::plan::Plan;
use crate::plan::answers::{Answers, Problem};
use crate::ports::{Trouble, TroubleKind};
use crate::shell::answers::complete;
use crate::shell::wizard::effects::Desk;
use std::path::Path;

/// Reads the values file that the answers name, then the facts.
pub async fn gather(desk: &Desk, mut answers: Answers) {
    if let Some(context) = &desk.global.context {
        answers.cluster.context.clone_from(context);
    }
    // Paths of answers that are in no file yet start where the program was started.
    if let Err(problems) = complete(&mut answers, Path::new("")) {
        let facts =
            Err(problems.0.first().map_or_else(|| Trouble::new(TroubleKind::Invalid, "it is wrong"), Problem::trouble));
        desk.tell(News::Gathered(Box::new(Gathered { answers: Err(problems), facts })));
        return;
    }
    let read = async {
        let opened = desk.worlds.with(&desk.global, &answers.consent.exec_plugins).await?;
        engine::gather(&opened.world, &answers).await
    };
    let facts = read.await.map(|gathered| gathered.facts);
    desk.tell(News::Gathered(Box::new(Gathered { answers: Ok(answers), facts })));
}

/// Whether all that a plan does may be done: the clusters are reached as they are for a run.
pub async fn preflight(desk: &Desk, mut answers: Answers, plan: &Plan) {
    if let Some(context) = &desk.global.context {
        answers.cluster.context.clone_from(context);
    }
    let ask = async {
        let opened = desk.worlds.with(&desk.global, &answers.consent.exec_plugins).await?;
        let gathered = engine::gather(&opened.world, &answers).await?;
        Ok(engine::preflight(&opened.world, plan, &gathered.facts.caller.arn, &gathered.sites).await)
    };
    desk.tell(News::Preflight(ask.await));
}
