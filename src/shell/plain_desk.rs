//! What the plain wizard needs of this machine: the draft, answers files, journals, signals.

use super::cli::Global;
use super::export::{self, Written};
use super::world::Opened;
use super::{answers, begin, kept, paths, signals, undo};
use crate::demo;
use crate::engine::Gathered;
use crate::engine::journal::Entry;
use crate::plain::{Begun, Desk};
use crate::plan::Plan;
use crate::plan::answers::{Answers, Problems};
use crate::ports::{Answer, Trouble, TroubleKind, World};
use crate::wizard::Draft;
use async_trait::async_trait;
use std::path::{Path, PathBuf};

/// A world, the folder that its drafts and answers are kept in, and the options of the command line.
pub struct PlainDesk {
    opened: Opened,
    /// `$XDG_STATE_HOME/lifeboat`, or the demo world's folder; none where there is no home.
    folder: Option<PathBuf>,
    /// The draft's file, the same as the full screen's.
    draft: Option<PathBuf>,
    demo: Option<String>,
    read_only: bool,
    regions: Vec<String>,
    context: String,
    options: Vec<String>,
    zone: Option<jiff::tz::TimeZone>,
}

impl PlainDesk {
    /// The desk of a command line.
    pub fn new(global: &Global, opened: Opened) -> Self {
        let folder = match global.demo_folder() {
            Some(world) => paths::demo(world),
            None => paths::state(),
        };
        let draft = super::wizard::draft_path(global.demo_folder());
        let options = super::wizard::options(global);
        Self {
            opened,
            folder,
            draft,
            demo: global.demo.clone(),
            read_only: global.read_only,
            regions: global.region.clone(),
            context: global.context.clone().unwrap_or_default(),
            options,
            zone: jiff::tz::TimeZone::try_system().ok(),
        }
    }

    /// The desk of a demo world, with all that is kept in a folder.
    pub fn demo(world: &demo::World, folder: PathBuf) -> Self {
        Self::over(world.ports(), folder)
    }

    /// The desk of any world that stands in for the demo's.
    pub fn over(world: World, folder: PathBuf) -> Self {
        Self {
            opened: Opened { world, runs: Some(folder.join("runs")), demo: None, notes: Vec::new() },
            draft: Some(folder.join("draft.toml")),
            folder: Some(folder),
            demo: Some("default".to_owned()),
            read_only: false,
            regions: Vec::new(),
            context: String::new(),
            options: vec!["--demo".to_owned()],
            zone: None,
        }
    }

    /// Forbids every change.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Saves a demo world's state.
    pub fn save_world(&self) {
        self.opened.save();
    }

    fn folder(&self) -> Answer<&PathBuf> {
        self.folder.as_ref().ok_or_else(|| {
            Trouble::new(TroubleKind::Missing, "there is no place for drafts and answers")
                .why("neither XDG_STATE_HOME nor HOME is set")
                .todo("Set HOME, or XDG_STATE_HOME to a folder that can be written")
        })
    }
}

#[async_trait(?Send)]
impl Desk for PlainDesk {
    fn world(&self) -> World {
        self.opened.world.clone()
    }

    fn regions(&self) -> Vec<String> {
        self.regions.clone()
    }

    fn zone(&self) -> Option<jiff::tz::TimeZone> {
        self.zone.clone()
    }

    fn context(&self) -> String {
        self.context.clone()
    }

    fn notes(&self) -> Vec<String> {
        self.opened.notes.clone()
    }

    fn demo(&self) -> Option<String> {
        self.demo.clone()
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn draft(&mut self) -> Option<Result<Draft, String>> {
        let path = self.draft.clone()?;
        let draft = kept::draft(&path)?;
        if draft.is_err() {
            // What cannot be read is not written over: a newer lifeboat may know it.
            let _ = std::fs::rename(&path, path.with_extension("toml.aside"));
        }
        Some(draft)
    }

    fn keep(&mut self, draft: &Draft) -> Answer<()> {
        self.folder()?;
        self.draft.as_ref().map_or(Ok(()), |path| write(path, &draft.to_file()))
    }

    fn complete(&self, answers: &mut Answers) -> Result<(), Problems> {
        // What is typed at a prompt is meant from here; the answers file is kept elsewhere.
        let here = std::env::current_dir().unwrap_or_default();
        answers::complete(answers, &here)?;
        if !answers.install.values.is_empty() {
            answers.install.values = here.join(&answers.install.values).to_string_lossy().into_owned();
        }
        Ok(())
    }

    fn answers_folder(&self) -> String {
        let folder = self.folder.clone().unwrap_or_default().join("answers");
        folder.to_string_lossy().into_owned()
    }

    fn keep_answers(&mut self, files: &[(String, String)]) -> Answer<()> {
        let folder = self.folder()?.join("answers");
        files.iter().try_for_each(|(name, text)| write(&folder.join(name), text))
    }

    fn save(&mut self, folder: &str, made: &Plan, answers: &Answers, over: bool) -> Answer<Vec<String>> {
        let answers = answers.to_toml();
        let documents = made.documents().map(|it| (it.path.as_str(), it.text.as_str()));
        let files: Vec<(&str, &str)> = documents.chain([("answers.toml", answers.as_str())]).collect();
        match export::export(Path::new(folder), &files, over)? {
            Written::All(..) => Ok(Vec::new()),
            Written::Differs(lines) => Ok(lines.iter().map(ToString::to_string).collect()),
        }
    }

    fn options(&self) -> Vec<String> {
        self.options.clone()
    }

    async fn begin(&mut self, answers: &Answers, gathered: &Gathered, plan: &Plan) -> Answer<Begun> {
        let caller = self.opened.world.aws.caller().await?;
        let run = begin::Run {
            answers,
            plan,
            caller: &caller,
            sites: gathered.sites.clone(),
            key: gathered.facts.key.as_ref().map(|key| (key.key.arn.clone(), key.key.id.clone())),
            helm: None,
        };
        let (context, events) = begin::begin(&self.opened, run).await?;
        signals::watch(context.stop.clone());
        Ok((context, events))
    }

    async fn reopen(&mut self, run: &str) -> Answer<(Begun, Vec<Entry>)> {
        let (context, entries, events) = undo::context(&self.opened, run).await?;
        signals::watch(context.stop.clone());
        Ok(((context, events), entries))
    }

    fn rest(&mut self, code: u8) {
        signals::rest(code);
        self.opened.save();
    }
}

fn write(path: &Path, text: &str) -> Answer<()> {
    kept::write(path, text).map_err(|error| {
        Trouble::new(TroubleKind::Missing, format!("{} cannot be written", path.display())).why(error.to_string())
    })
}
