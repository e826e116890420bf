//! The command line: parse, run, say what went wrong; the exit code is a contract (see `--help`).

mod cli;

use std::io::Write;
use std::process::ExitCode;

use attractor::Error;
use clap::Parser;

fn main() -> ExitCode {
    quiet_the_loader();
    cli::interrupt::listen();
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A reader of standard error that has left is no reason to panic.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Setting { .. } | Error::Data { .. } | Error::Unlearnable { .. }) => 2,
        Some(Error::Memory { .. }) => 3,
        Some(Error::Device { .. }) => 4,
        Some(Error::Diverged { .. }) => 5,
        Some(Error::Interrupted | Error::Abandoned | Error::Kept { .. } | Error::Stopped { .. }) => 6,
        Some(_) | None => 1,
    }
}

/// Mesa's device-selection layer looks for a Wayland display and, on a machine without one, prints an error for every
/// Vulkan instance. Without a display the layer has nothing to choose by, unless its own variable is set.
fn quiet_the_loader() {
    let set = |name| std::env::var_os(name).is_some();
    if cfg!(target_os = "linux") && !set("XDG_RUNTIME_DIR") && !set("MESA_VK_DEVICE_SELECT") && !set("NODEVICE_SELECT")
    {
        // SAFETY: this is the first thing the program does, before any other thread exists.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
