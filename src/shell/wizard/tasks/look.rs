//! Who lifeboat is, and what this machine has: all side by side.

use crate::adapters::aws::AwsOptions;
use crate::adapters::kube::{Contexts, KubeOptions, contexts};
use crate::app::{Machine, News};
use crate::domain::Shown;
use crate::engine::surroundings;
use crate::ports::{Answer, HelmVersion};
use crate::shell::wizard::effects::Desk;
use crate::shell::world::Opened;

/// Looks around; who lifeboat is and what the machine has come each on its own.
pub async fn look(desk: &Desk) {
    let opened = match desk.worlds.with(&desk.global, &[]).await {
        Ok(opened) => opened,
        Err(trouble) => {
            desk.tell(News::Machine(Machine { notes: vec![trouble.what.clone()], ..Machine::default() }));
            desk.tell(News::Surroundings(Err(trouble)));
            return;
        }
    };
    let who = async {
        let found = surroundings(&opened.world).await;
        desk.worlds.learn(found.as_ref().ok().map(|found| found.account.clone())).await;
        desk.tell(News::Surroundings(found));
    };
    let what = async { desk.tell(News::Machine(machine(desk, &opened).await)) };
    futures::join!(who, what);
}

async fn machine(desk: &Desk, opened: &Opened) -> Machine {
    let notes = opened.notes.iter().map(|note| Shown::new(note)).collect();
    let (helm, helm_trouble) = helm(opened.world.helm.version().await);
    // Nothing of the machine is looked at for a demo: it is the same everywhere.
    if let Some(name) = &desk.global.demo {
        let [profile, kubeconfig] =
            [Shown::new(&format!("demo world {name}")), Shown::new("not needed: the demo has its own clusters")];
        return Machine { profile, kubeconfig, helm, helm_trouble, notes, ..Machine::default() };
    }
    let options = AwsOptions::from_env(desk.global.profile.clone(), desk.global.region.first().cloned());
    let region = options.region.as_deref().or(options.var("AWS_REGION")).or(options.var("AWS_DEFAULT_REGION"));
    let found = tokio::task::spawn_blocking(|| contexts(&KubeOptions::from_env(Vec::new()))).await;
    Machine {
        profile: Shown::new(profile(&options)),
        region: Shown::new(region.unwrap_or_default()),
        kubeconfig: found.map(|found| kubeconfig(&found)).unwrap_or_default(),
        helm,
        helm_trouble,
        notes,
    }
}

/// The profile's name, or that keys of the environment are used.
fn profile(options: &AwsOptions) -> &str {
    if options.profile.is_none() && options.var("AWS_ACCESS_KEY_ID").is_some() {
        "keys of the environment"
    } else {
        options.profile_name()
    }
}

fn helm(version: Answer<HelmVersion>) -> (Shown, Shown) {
    match version {
        Ok(found) if found.path == "demo" => (Shown::new(&format!("{}, the demo's", found.version)), Shown::default()),
        Ok(found) => (Shown::new(&format!("{}, {}", found.version, found.path)), Shown::default()),
        Err(trouble) => (Shown::default(), Shown::new(&trouble.to_string())),
    }
}

/// `3 contexts, current prod`.
fn kubeconfig(found: &Contexts) -> Shown {
    let count = found.contexts.len();
    let text = match (count, found.contexts.iter().find(|context| context.current)) {
        (0, _) => found.problems.first().map_or_else(|| "none".to_owned(), ToString::to_string),
        (1, Some(current)) => format!("1 context, {}", current.name),
        (_, Some(current)) => format!("{count} contexts, current {}", current.name),
        (_, None) => format!("{count} contexts, none of them current"),
    };
    Shown::new(&text)
}
