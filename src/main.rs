//! The program: parse, run, exit with the contract's code.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match lifeboat::shell::Cli::try_parse() {
        Ok(cli) => ExitCode::from(lifeboat::shell::run(cli)),
        Err(error) => {
            // clap prints help and version to stdout with 0, usage errors to stderr with 2.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}
