//! What the machine asks of the shell: data, never calls.

use super::message::Ticket;
use crate::domain::Tool;
use crate::domain::recommend::AdviceOf;
use crate::plan::answers::Answers;
use crate::plan::{Plan, Prove};

/// What the machine asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start a task; its reports carry the ticket.
    Start(Ticket, Box<Task>),
    /// Drop a task; nothing of it is wanted any more. Never sent for a run that changes things.
    Cancel(Ticket),
    /// Ask a run to stop after the calls that are running.
    Stop(Ticket),
    /// Ask a Live task to walk the identity chain again.
    Again(Ticket),
    /// Keep the draft's file (debounced by the shell).
    Keep(String),
    /// The draft is no longer needed.
    Forget,
    /// Copy a text; what it is, for the toast.
    Copy(String, String),
    /// Keep the answers file (and the values that go with it) of what is applied: names and texts, into the
    /// answers' folder.
    Answers(Vec<(String, String)>),
    /// Write documents into a folder; with `over`, also where files differ. Comes back as `News::Done` or
    /// `News::Differs`.
    Save {
        /// Who waits for it.
        ticket: Ticket,
        /// The folder as it was typed.
        folder: String,
        /// Relative path and text.
        files: Vec<(String, String)>,
        /// Whether differing files may be replaced.
        over: bool,
    },
    /// Open a text in the user's editor; comes back as `News::Edited` with the ticket.
    Edit(Ticket, String, String),
    /// Show a text in the user's pager.
    Page(String),
    /// The terminal's title.
    Title(String),
    /// A bell: something long has ended.
    Bell,
    /// The next theme.
    Theme,
    /// Give the terminal back until the program is continued.
    Suspend,
    /// Paint everything anew.
    Redraw,
    /// End with this exit code.
    Quit(u8),
}

/// What can be started.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Who lifeboat is and what the machine has.
    Look,
    /// The clusters of all regions.
    Discover,
    /// One cluster's facts: region, name, context.
    Describe(String, String, String),
    /// The account's buckets.
    Buckets,
    /// The keys of a region, and then how they are.
    Keys(String),
    /// A bucket by name and region.
    CheckBucket(String, String),
    /// A key by id, ARN or alias, and its region.
    CheckKey(String, String),
    /// The volumes of a cluster: region, name, context.
    Volumes(String, String, String),
    /// Which identity fits: the name it is asked under, and the clusters that are set up, the one that is backed up
    /// first.
    Advise(String, Vec<AdviceOf>),
    /// The Space of a cluster: region, name, context.
    Space(String, String, String),
    /// The audit of the bucket of these answers, and its name.
    Audit(String, Box<Answers>),
    /// The facts that these answers need.
    Gather(Box<Answers>),
    /// Whether all that this plan does may be done.
    Preflight(Box<Answers>, Box<Plan>),
    /// Apply this plan.
    Apply {
        /// The answers that it was made of.
        answers: Box<Answers>,
        /// The plan.
        plan: Box<Plan>,
        /// What to prove.
        prove: Prove,
        /// The key's ARN and id, where it is known already.
        key: Option<(String, String)>,
    },
    /// Take a run back.
    Undo(String),
    /// Watch a set-up.
    Live(Place),
    /// Follow a container's log.
    Logs(Place, String),
}

/// Where a set-up is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The cluster's EKS name.
    pub cluster: String,
    /// Its region.
    pub region: String,
    /// A kubeconfig context, or empty.
    pub context: String,
    /// The tool.
    pub tool: Tool,
    /// The tool's namespace.
    pub namespace: String,
}
