//! From a parsed command line to an exit code.

use super::cli::{Cli, Command};
use super::{apply, output, paths, plain_wizard, plan, runs, signals, status, undo};
use crate::ports::{Trouble, TroubleKind};
use clap::CommandFactory;

/// Says what clap has to say: help and version to standard output with 0, usage errors to standard error with 2.
pub fn usage(error: &clap::Error) -> u8 {
    let plain = error.render().to_string();
    if output::safe(&plain) == plain {
        let _ = error.print();
    } else {
        // It repeats words of the command line, which may hold a file's hostile name.
        output::warn(plain.trim_end());
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// Runs a command and answers the contract's exit code.
pub fn run(cli: Cli) -> u8 {
    let Cli { command, global } = cli;
    if global.demo.as_deref() == Some("help") {
        return list_worlds();
    }
    if let Some(name) = &global.demo
        && !crate::demo::worlds().iter().any(|world| world.name == name)
    {
        return no_world(name);
    }
    match command {
        None => wizard(&global),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "lifeboat", &mut script);
            output::raw(&String::from_utf8_lossy(&script));
            0
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            match clap_mangen::Man::new(Cli::command()).render(&mut page) {
                Ok(()) => {
                    output::raw(&String::from_utf8_lossy(&page));
                    0
                }
                Err(_) => 1,
            }
        }
        Some(Command::Demo { reset: false, list: false, walkthrough: None }) => {
            let world = global.demo.clone().unwrap_or_else(|| "default".to_owned());
            wizard(&super::cli::Global { demo: Some(world), ..global })
        }
        Some(Command::Demo { reset: false, list: false, walkthrough: Some(name) }) => walkthrough(global, &name),
        Some(Command::Demo { list: true, .. }) => list_demo(),
        Some(Command::Demo { .. }) => reset_demo(&global),
        Some(Command::Plan { answers, out, json, preflight }) => {
            blocking(async move { plan::plan(&global, &answers, out.as_deref(), json, preflight).await })
        }
        Some(Command::Apply { answers, yes, json, digest, prove, no_prove }) => {
            let how = apply::How { yes, json, digest, prove, no_prove };
            blocking(async move { apply::apply(&global, &answers, how).await })
        }
        Some(Command::Status { target, once, json }) => status::status(global, &target, once, json),
        Some(Command::Runs { json }) => runs::runs(&global, json),
        Some(Command::Undo { run, yes, json }) => {
            blocking(async move { undo::undo(&global, run.as_deref(), yes, json).await })
        }
    }
}

/// A world that there is not. Its name is never made into a path.
fn no_world(name: &str) -> u8 {
    let names: Vec<&str> = crate::demo::worlds().iter().map(|world| world.name).collect();
    output::warn(&format!("There is no demo world {name}. There are: {}.", names.join(", ")));
    2
}

/// The worlds of `--demo`.
fn list_worlds() -> u8 {
    for world in crate::demo::worlds() {
        output::say(&format!("{:10} {}", world.name, world.about));
    }
    0
}

/// The worlds and the walkthroughs.
fn list_demo() -> u8 {
    output::say("Worlds (--demo=NAME):");
    list_worlds();
    output::say("Walkthroughs (lifeboat demo NAME):");
    for (name, script) in crate::app::scripts() {
        output::say(&format!("{name:12} {}: {}", script.title, script.about));
    }
    0
}

/// A walkthrough, on a stage of its own: the demo worlds stay as they were left.
fn walkthrough(mut global: super::cli::Global, name: &str) -> u8 {
    global.walkthrough = Some(name.to_owned());
    let Some(script) = global.walkthrough() else {
        let names: Vec<&str> = crate::app::scripts().iter().map(|(name, _)| *name).collect();
        output::warn(&format!("There is no walkthrough {name}. There are: {}.", names.join(", ")));
        return 2;
    };
    if !super::wizard::can_open(&global) {
        output::warn("A walkthrough needs a terminal to draw on.");
        return 2;
    }
    if let Some(stage) = paths::demo("walkthrough") {
        let _ = std::fs::remove_dir_all(stage);
    }
    global.demo = Some(script.world);
    global.stage = Some("walkthrough".to_owned());
    super::wizard::open(&global)
}

/// The wizard: on a terminal that can be drawn on, else as a conversation (E24).
fn wizard(global: &super::cli::Global) -> u8 {
    if super::wizard::can_open(global) { super::wizard::open(global) } else { plain_wizard::run(global) }
}

fn reset_demo(global: &super::cli::Global) -> u8 {
    let folder = match &global.demo {
        Some(world) => paths::demo(world),
        None => paths::state().map(|state| state.join("demo")),
    };
    let Some(folder) = folder else {
        output::warn("There is no place that demo worlds are kept in: neither XDG_STATE_HOME nor HOME is set.");
        return 1;
    };
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            output::warn(&format!("{} cannot be removed: {error}", folder.display()));
            1
        }
        _ => {
            output::say("The demo starts over.");
            0
        }
    }
}

/// Runs a command that speaks to the world.
pub fn blocking(command: impl Future<Output = u8>) -> u8 {
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(async {
                signals::listen();
                command.await
            });
            // A call that never ends must not hold the program.
            runtime.shutdown_timeout(std::time::Duration::from_millis(200));
            code
        }
        Err(error) => {
            output::warn(&format!("The program could not start: {error}"));
            1
        }
    }
}

/// Says a trouble and answers the exit code of a run that changed nothing.
pub fn refuse(trouble: &Trouble, json: bool) -> u8 {
    let code = if trouble.kind == TroubleKind::Stopped { 130 } else { 1 };
    if json {
        output::json(&trouble_json(trouble));
    }
    output::warn(&crate::plain::trouble(trouble));
    code
}

/// A trouble as JSON, for `--json`.
pub fn trouble_json(trouble: &Trouble) -> serde_json::Value {
    serde_json::json!({"error": {
        "what": trouble.what.as_str(), "why": trouble.why.as_str(), "todo": trouble.todo.as_str(),
        "call": trouble.call, "resource": trouble.resource, "code": trouble.code,
        "request_id": trouble.request_id, "link": trouble.link,
    }})
}

/// Says the problems of answers; `exit` is 2 for a file that is wrong, 1 for answers that the account refutes.
pub fn problems(problems: &crate::plan::answers::Problems, json: bool, exit: u8) -> u8 {
    if json {
        let list: Vec<_> = problems
            .0
            .iter()
            .map(|problem| {
                serde_json::json!({"field": problem.field, "line": problem.line, "what": problem.what.as_str(),
                    "why": problem.why.as_str(), "todo": problem.todo.as_str()})
            })
            .collect();
        output::json(&serde_json::json!({"problems": list}));
    }
    output::warn(&crate::plain::problems(problems));
    exit
}
