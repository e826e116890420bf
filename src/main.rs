//! The command line: parse, run, say what went wrong; the exit code is a contract (see `--help`).

mod cli;

use std::process::ExitCode;

use attractor::Error;
use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Setting { .. } | Error::Data { .. }) => 2,
        Some(Error::Memory { .. }) => 3,
        Some(Error::Device { .. }) => 4,
        Some(Error::Diverged { .. }) => 5,
        Some(Error::Interrupted) => 6,
        Some(_) | None => 1,
    }
}
