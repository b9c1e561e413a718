//! What reaches the machine: keys, sizes, time, and what the world reports.

use super::key::{Key, Mouse, Size};
use crate::domain::Shown;
use crate::domain::audit::AuditLine;
use crate::domain::discovery::{
    ClusterDetail, Discovery, FoundBucket, FoundCluster, FoundKey, KeyState, SpaceSeen, Surroundings,
};
use crate::domain::live::LiveNews;
use crate::domain::preflight::PreflightLine;
use crate::domain::recommend::Recommendation;
use crate::domain::run::{Event, Finish};
use crate::domain::volumes::Volumes;
use crate::plan::Facts;
use crate::plan::answers::{Answers, Problems};
use crate::ports::{Answer, BucketHead, Trouble};
use std::path::PathBuf;

/// One started task; a report with another ticket than the one that is waited for is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What reaches the machine.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// A bracketed paste, as the terminal gave it.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal's new size.
    Resize(Size),
    /// The time, in milliseconds since 1970. Sent before other messages, and while something moves.
    Now(i64),
    /// A report of a task.
    News(Ticket, Box<News>),
    /// A task has ended by itself; no more news come from it.
    Ended(Ticket),
    /// The terminal is back after a suspension or an editor.
    Resumed,
    /// What is on the screen, row by row; told while a walkthrough goes on.
    Seen(String),
    /// A task of the program broke (B13): said, and the program goes on.
    Broke(Shown),
    /// A signal asks the program to end.
    Terminate,
}

/// What tasks report.
#[derive(Debug, Clone)]
pub enum News {
    /// Who lifeboat is.
    Surroundings(Answer<Surroundings>),
    /// What this machine has.
    Machine(Machine),
    /// A step of the look at many regions.
    Discovery(Discovery),
    /// One cluster's facts.
    Detail(FoundCluster, Answer<Box<ClusterDetail>>),
    /// The account's buckets.
    Buckets(Answer<Vec<FoundBucket>>),
    /// A region's keys with aliases.
    Keys(Answer<Vec<FoundKey>>),
    /// How those keys are, by id.
    KeyStates(Vec<(String, KeyState)>),
    /// The volumes of a cluster, `us-east-1/prod`.
    Volumes(String, Answer<Volumes>),
    /// Which identity fits, by the name it was asked under.
    Advice(String, Answer<Recommendation>),
    /// The Space of a cluster, `us-east-1/prod`.
    Space(String, Answer<SpaceSeen>),
    /// An existing bucket line by line, by the name it was asked under.
    Audit(String, Answer<Vec<AuditLine>>),
    /// Whether a bucket's name is free, ours, or someone else's.
    Bucket(String, Answer<BucketHead>),
    /// A key, or that there is none.
    Key(String, Answer<Option<Box<crate::ports::Key>>>),
    /// The facts that a plan of these answers needs; the answers with the values file they name.
    Gathered(Box<Gathered>),
    /// Whether what the plan does may be done, line by line.
    Preflight(Answer<Vec<PreflightLine>>),
    /// A run has begun, with its id and its journal's path.
    Begun(String, PathBuf),
    /// A line of a run.
    Event(Event),
    /// A run has ended.
    Finished(Finish),
    /// A run could not begin; nothing was changed.
    Refused(Trouble),
    /// The clock of the world that is watched, milliseconds since 1970.
    Clock(i64),
    /// What Live is told.
    Live(LiveNews),
    /// A line of the server's log.
    Log(Answer<Shown>),
    /// The text that came back from the editor; `None` when it was left unchanged.
    Edited(Answer<Option<String>>),
    /// Where something was copied or saved, or why not.
    Done(Answer<Shown>),
    /// The folder to save into holds files; what would change in it, a line each (E19).
    Differs(PathBuf, Vec<Shown>),
}

/// Answers as they are planned with, and the facts.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The answers, the values file read.
    pub answers: Result<Answers, Problems>,
    /// The facts.
    pub facts: Answer<Facts>,
}

/// What this machine has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// The AWS profile that is used.
    pub profile: Shown,
    /// Its region, or empty.
    pub region: Shown,
    /// What was found of kubeconfigs: `3 contexts, current prod`, or that there is none.
    pub kubeconfig: Shown,
    /// helm's version and path.
    pub helm: Shown,
    /// Why helm cannot be used; empty when it can.
    pub helm_trouble: Shown,
    /// What to know before anything else, such as that an endpoint of one's own is in use.
    pub notes: Vec<Shown>,
}
