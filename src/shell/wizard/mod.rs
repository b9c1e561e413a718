//! The wizard on a terminal: the imperative half. The machine is in `crate::app`, what is drawn in `crate::view`.

mod background;
mod draft;
mod effects;
mod input;
mod looks;
mod outside;
mod redact;
mod run;
mod save;
mod screen;
mod setup;
mod signals;
mod tasks;
mod terminal;
mod worlds;

use super::cli::Global;
use super::output;
use crate::app::{self, Effect, Model, Place, Tour};
use crate::domain::Shown;
use crate::wizard::Draft;
use draft::Keeper;
pub use draft::path as draft_path;
use effects::Jobs;
use looks::Looks;
use ratatui::Terminal;
use run::{Canvas, Ended, Wizard, now, paint, size};
use screen::Screen;
pub use setup::options;
use signals::Signals;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use terminal::Guard;
use tokio::sync::mpsc::unbounded_channel;
use worlds::Worlds;

/// Whether there is a terminal that a screen can be drawn on, and nobody asked for sentences (E24).
pub fn can_open(global: &Global) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let term = set("TERM").is_some_and(|term| term != "dumb");
    let asked = global.plain || set("ACCESSIBLE").is_some_and(|value| value != "0");
    term && !asked && terminal::is_there()
}

/// The set-up that the program is opened for.
pub struct Watched {
    /// Where it is.
    pub place: Place,
    /// Whether its namespace was named, so that it is not looked for elsewhere.
    pub named: bool,
    /// The clusters that restore from it, where the answers name them.
    pub restores: Vec<Place>,
    /// The draft that means its answers, where they are known: a test needs them.
    pub draft: Option<Draft>,
    /// The plugins of the kubeconfig that its answers agree to.
    pub exec_plugins: Vec<String>,
}

/// Opens the wizard and answers the exit code. The first frame is there before a runtime, the network, or any file.
pub fn open(global: &Global) -> u8 {
    open_at(global, None)
}

/// Opens the program at the watch of a set-up and answers the exit code.
pub fn open_live(global: &Global, watched: Watched) -> u8 {
    open_at(global, Some(watched))
}

fn open_at(global: &Global, watched: Option<Watched>) -> u8 {
    let mut looks = match Looks::new(global, &setup::env) {
        Ok(looks) => looks,
        Err(reason) => {
            output::warn(&reason.to_string());
            return 2;
        }
    };
    let ended = Guard::enter(!global.no_mouse).and_then(|guard| {
        let mut canvas: Canvas = Terminal::new(Screen::new(terminal::write as fn(&[u8]) -> io::Result<()>))?;
        let plugins = watched.as_ref().map(|watched| watched.exec_plugins.clone()).unwrap_or_default();
        let started = first(global, watched, &looks, &mut canvas)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let ended = runtime.block_on(stay(global, started, plugins, &guard, &mut looks, &mut canvas));
        drop(guard);
        // A call that never ends must not hold the program.
        runtime.shutdown_timeout(Duration::from_millis(200));
        ended
    });
    match ended {
        Ok(ended) => {
            ended.model.farewell.iter().for_each(|line| output::say(line.as_str()));
            ended.code
        }
        Err(error) => {
            output::warn(&format!("The terminal cannot be used: {error}"));
            1
        }
    }
}

/// A machine that has been started, and what it asks for first.
type Started = (Model, Vec<Effect>);

/// The first frame.
fn first(global: &Global, watched: Option<Watched>, looks: &Looks, canvas: &mut Canvas) -> io::Result<Started> {
    let mut model = Model::new(setup::setup(global), size(), now());
    model.theme = Shown::new(looks.theme.name());
    model.tour = global.walkthrough().map(|script| Tour::new(script, false));
    model.caption = model.tour.as_ref().and_then(Tour::caption);
    let effects = match watched {
        None => app::start(&mut model),
        Some(watched) => {
            model.draft = watched.draft.unwrap_or_default();
            app::start_live(&mut model, watched.place)
        }
    };
    paint(&model, looks, canvas)?;
    // Only now: a home may be slow.
    model.setup.zone = jiff::tz::TimeZone::try_system().ok();
    model.setup.draft = draft::path(global.demo_folder()).and_then(|path| draft::read(&path));
    Ok((model, effects))
}

/// Runs the wizard, and once more in the demo's world when that was chosen.
async fn stay(
    global: &Global,
    mut started: Started,
    mut plugins: Vec<String>,
    guard: &Guard,
    looks: &mut Looks,
    canvas: &mut Canvas,
) -> io::Result<Ended> {
    let mut signals = Signals::new()?;
    let mut global = Arc::new(global.clone());
    loop {
        let (say, heard) = unbounded_channel();
        let worlds = Arc::new(Worlds::agreeing(std::mem::take(&mut plugins)));
        let keeper = Keeper::new(draft::path(global.demo_folder()), say.clone());
        let jobs = Jobs::new(global.clone(), worlds.clone(), say.clone());
        let (keeper_of_draft, signals) = (&keeper, &mut signals);
        let wizard = Wizard {
            model: started.0,
            first: started.1,
            guard,
            canvas: &mut *canvas,
            looks: &mut *looks,
            jobs,
            keeper: keeper_of_draft,
            heard,
            say,
            signals,
        };
        let ended = wizard.run().await;
        keeper.finish().await;
        worlds.save().await;
        if !ended.model.look_around {
            return Ok(ended);
        }
        global = Arc::new(Global { demo: Some("default".to_owned()), stage: None, ..(*global).clone() });
        started = first(&global, None, looks, canvas)?;
    }
}
