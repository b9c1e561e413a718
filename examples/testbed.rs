//! A world to try things in: `cargo run --example testbed` starts the real parts on loopback, prints what to
//! set in a shell, and stops them at Ctrl-C.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

#[path = "../tests/testbed/mod.rs"]
mod testbed;

#[tokio::main]
async fn main() {
    let world = match testbed::World::start(testbed::Options::default()).await {
        Ok(world) => world,
        Err(missing) => {
            println!("{missing}");
            return;
        }
    };
    println!("# ready after {:.1} s; for a shell:", world.took().as_secs_f64());
    for (name, value) in world.env() {
        println!("export {name}='{value}'");
    }
    println!("# the chart: {}", world.chart().display());
    println!("# the cluster, as its administrator: KUBECONFIG={}", world.kubeconfig("prod").display());
    println!("# Ctrl-C ends it");
    tokio::signal::ctrl_c().await.expect("signals can be waited for");
}
