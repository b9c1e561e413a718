//! The program: parse, run, exit with the contract's code.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match lifeboat::shell::Cli::try_parse() {
        Ok(cli) => ExitCode::from(lifeboat::shell::run(cli)),
        Err(error) => ExitCode::from(lifeboat::shell::usage(&error)),
    }
}
