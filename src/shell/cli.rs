//! The commands of the contract, as clap sees them.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// From an EKS cluster to backups that work, without a key in the cluster.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct Global {
    /// Work in a simulated account and clusters; nothing is sent anywhere (`help` lists the worlds).
    #[arg(long, global = true, value_name = "WORLD", num_args = 0..=1, require_equals = true, default_missing_value = "default")]
    pub demo: Option<String>,
    /// The AWS profile.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// An AWS region; may be given more than once.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Vec<String>,
    /// A kubeconfig context, instead of an EKS token made by lifeboat.
    #[arg(long, global = true, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// The theme.
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// When to colour.
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    pub color: When,
    /// Sentences instead of a screen.
    #[arg(long, global = true)]
    pub plain: bool,
    /// Only ASCII characters.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// The language.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<String>,
    /// Change nothing, whatever is asked.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Leave the mouse to the terminal.
    #[arg(long, global = true)]
    pub no_mouse: bool,
    /// The folder that a demo world is kept in, where it is not the world's own: a walkthrough has a stage for itself.
    #[arg(skip)]
    pub stage: Option<String>,
    /// The walkthrough that shows itself.
    #[arg(skip)]
    pub walkthrough: Option<String>,
}

impl Global {
    /// The script of the walkthrough.
    pub fn walkthrough(&self) -> Option<crate::app::Script> {
        let wanted = self.walkthrough.as_deref()?;
        crate::app::scripts().into_iter().find(|(name, _)| *name == wanted).map(|(_, script)| script)
    }

    /// The folder of the demo world's state, journals and draft; `None`: no demo.
    pub fn demo_folder(&self) -> Option<&str> {
        self.stage.as_deref().or(self.demo.as_deref())
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would be made; changes nothing.
    Plan {
        /// The answers file.
        #[arg(long, value_name = "FILE")]
        answers: PathBuf,
        /// Write plan.json and all documents into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Print plan.json.
        #[arg(long)]
        json: bool,
        /// Ask IAM and the clusters whether you may apply it.
        #[arg(long)]
        preflight: bool,
    },
    /// Make it, and prove it by a backup that is restored.
    Apply {
        /// The answers file.
        #[arg(long, value_name = "FILE")]
        answers: PathBuf,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        /// Apply only if the plan has this digest.
        #[arg(long, value_name = "DIGEST")]
        digest: Option<String>,
        /// Repeat the proofs, also when they are on record.
        #[arg(long, conflicts_with = "no_prove")]
        prove: bool,
        /// Leave the proofs out.
        #[arg(long)]
        no_prove: bool,
    },
    /// Show what is installed and how it is.
    Status {
        /// Which set-up.
        #[command(flatten)]
        target: Target,
        /// Once, instead of live.
        #[arg(long)]
        once: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the runs on this machine.
    Runs {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a run back: only what it made, and only while nobody changed it since.
    Undo {
        /// The run; the newest one that can be undone if left out.
        run: Option<String>,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// The wizard in the demo world.
    Demo {
        /// A walkthrough that shows itself (`--list` names them).
        #[arg(conflicts_with_all = ["reset", "list"])]
        walkthrough: Option<String>,
        /// Forget everything that was done in the demo worlds.
        #[arg(long)]
        reset: bool,
        /// List the worlds and the walkthroughs.
        #[arg(long)]
        list: bool,
    },
    /// Print a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Which set-up: that of an answers file, of a cluster, or of a context.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The answers file.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// The cluster's EKS name.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The tool.
    #[arg(long, value_name = "TOOL")]
    pub tool: Option<String>,
    /// The tool's namespace.
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
}
