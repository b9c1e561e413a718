//! Runs: what changes things. They are never dropped, only asked to stop, and what they say arrives in order.

use crate::app::News;
use crate::engine::{self, Context, Event, Finish};
use crate::plan::answers::Answers;
use crate::plan::{Plan, Prove};
use crate::ports::Answer;
use crate::shell::begin::{self, Run};
use crate::shell::undo;
use crate::shell::wizard::effects::Desk;
use tokio::sync::mpsc::UnboundedReceiver;

/// Applies a plan.
pub async fn apply(desk: &Desk, answers: &Answers, plan: &Plan, prove: Prove, key: Option<(String, String)>) {
    match begun(desk, answers, plan, key).await {
        Ok((context, events)) => {
            let work = async { engine::apply(&context, plan, prove).await };
            follow(desk, &context, events, work).await;
            // The events end with the context, and a demo's world is kept as the run left it.
            drop(context);
        }
        Err(trouble) => desk.tell(News::Refused(trouble)),
    }
}

async fn begun(
    desk: &Desk,
    answers: &Answers,
    plan: &Plan,
    key: Option<(String, String)>,
) -> Answer<(Context, UnboundedReceiver<Event>)> {
    begin::may_change(&desk.global, plan)?;
    let opened = desk.worlds.with(&desk.global, &answers.consent.exec_plugins).await?;
    let world = &opened.world;
    let (caller, sites) = futures::try_join!(world.aws.caller(), begin::reach(world, answers))?;
    let run = Run { answers, plan, caller: &caller, sites, key, helm: None };
    begin::begin(&opened, run).await
}

/// Takes a run back.
pub async fn undo(desk: &Desk, id: &str) {
    let begin = async {
        undo::may_undo(&desk.global, id)?;
        let opened = desk.worlds.with(&desk.global, &[]).await?;
        undo::context(&opened, id).await
    };
    match begin.await {
        Ok((context, entries, events)) => {
            let work = async { engine::undo(&context, &entries).await };
            follow(desk, &context, events, work).await;
        }
        Err(trouble) => desk.tell(News::Refused(trouble)),
    }
}

/// Passes on what a run says, and its end after all else.
async fn follow(
    desk: &Desk,
    context: &Context,
    mut events: UnboundedReceiver<Event>,
    work: impl Future<Output = Finish>,
) {
    desk.tell(News::Begun(context.run.clone(), context.journal.path().to_path_buf()));
    let stop = async {
        desk.stop.cancelled().await;
        context.stop.cancel();
    };
    tokio::pin!(work, stop);
    let mut stopped = false;
    let finish = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => desk.tell(News::Event(event)),
            () = &mut stop, if !stopped => stopped = true,
            finish = &mut work => break finish,
        }
    };
    while let Ok(event) = events.try_recv() {
        desk.tell(News::Event(event));
    }
    desk.tell(News::Finished(finish));
}
