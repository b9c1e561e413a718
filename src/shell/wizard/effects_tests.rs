#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use clap::Parser as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

fn jobs() -> (Jobs, UnboundedReceiver<Msg>) {
    let cli = crate::shell::Cli::try_parse_from(["lifeboat", "--demo"]).unwrap();
    let (say, heard) = unbounded_channel();
    (Jobs::new(Arc::new(cli.global), Arc::default(), say), heard)
}

#[tokio::test]
async fn b13_a_task_that_breaks_is_said_and_the_others_go_on() {
    let (mut jobs, mut heard) = jobs();
    jobs.spawn(Ticket(1), false, |_| async { panic!("token=eyJhbGciOi") });
    assert!(matches!(heard.recv().await, Some(Msg::Broke(_))));
    assert!(matches!(heard.recv().await, Some(Msg::Ended(Ticket(1)))));
    jobs.spawn(Ticket(2), false, |desk| async move { desk.tell(News::Done(Ok("there".into()))) });
    assert!(matches!(heard.recv().await, Some(Msg::News(Ticket(2), _))));
    assert!(matches!(heard.recv().await, Some(Msg::Ended(Ticket(2)))));
}

#[tokio::test]
async fn a_task_is_dropped_and_a_run_is_only_asked_to_stop() {
    let (mut jobs, mut heard) = jobs();
    let (alive, gone) = tokio::sync::oneshot::channel::<()>();
    jobs.spawn(Ticket(1), false, |_| async move {
        let _alive = alive;
        std::future::pending::<()>().await;
    });
    jobs.spawn(Ticket(2), true, |desk| async move {
        desk.stop.cancelled().await;
        desk.tell(News::Done(Ok("stopped".into())));
    });
    assert!(jobs.runs());
    jobs.cancel(Ticket(1));
    assert!(gone.await.is_err(), "the task was dropped");
    jobs.cancel(Ticket(2));
    let Some(Msg::News(Ticket(2), _)) = heard.recv().await else { panic!("the run was dropped") };
    assert!(matches!(heard.recv().await, Some(Msg::Ended(Ticket(2)))), "a dropped task says nothing");
    jobs.ended(Ticket(2));
    assert!(!jobs.runs());
}
