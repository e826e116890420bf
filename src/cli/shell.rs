//! `attractor completions` and `attractor man`: what shells and readers of manuals want.

use std::path::PathBuf;

use attractor::data::write_atomic;
use attractor::error::Error;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Output};

/// Print a shell's completions of all verbs and options
///
/// For bash, for example: attractor completions bash > ~/.local/share/bash-completion/completions/attractor
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    shell: Shell,
}

/// Write manual pages, one for each verb
#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Folder for attractor.1, attractor-sweep.1, .., such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn completions(args: &CompletionsArgs, output: Output) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "attractor", &mut text);
    output.print(String::from_utf8_lossy(&text).trim_end())?;
    Ok(())
}

pub(super) fn man(args: &ManArgs, output: Output) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.out).map_err(Error::io(&args.out, "create"))?;
    let mut program = Cli::command();
    program.build();
    let verbs: Vec<_> =
        program.get_subcommands().filter(|verb| verb.get_name() != "help" && !verb.is_hide_set()).cloned().collect();
    let mut written = 0;
    for (name, command) in [("attractor".to_owned(), program)]
        .into_iter()
        .chain(verbs.into_iter().map(|verb| (format!("attractor-{}", verb.get_name()), verb)))
    {
        let mut page = Vec::new();
        let path = args.out.join(format!("{name}.1"));
        clap_mangen::Man::new(command).render(&mut page).map_err(Error::io(&path, "write"))?;
        write_atomic(&path, &page)?;
        written += 1;
    }
    output.say(&format!("{written} pages in {}", args.out.display()));
    Ok(())
}
