//! Evaluates what selfheal decides against labelled data: one subcommand per question, one file per subcommand.
//!
//! Ends with 0 when the evaluation ran, whatever its figures, with 1 when something happened that must never happen, and with 2 when
//! the data can't be read.

mod commands;
mod injections;
mod prompts;
mod rows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Evaluates selfheal's decisions against labelled data.
#[derive(Parser)]
#[command(name = "eval", version)]
struct Arguments {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// How well destructive shell commands are told from harmless ones; no command is run.
    Commands(commands::Arguments),
    /// What hostile texts bring about, with models that obey them or are hostile themselves; nothing outside this process is touched.
    Injections(injections::Arguments),
    /// How much of a log a prompt takes, and how much of what tells is in it.
    Prompts(prompts::Arguments),
}

fn main() -> ExitCode {
    let output = &mut std::io::stdout().lock();
    let result = match Arguments::parse().question {
        Question::Commands(arguments) => commands::run(&arguments, output).map(|()| true),
        Question::Injections(arguments) => injections::run(&arguments, output),
        Question::Prompts(arguments) => prompts::run(&arguments, output).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            use std::io::Write;
            // Where standard error is gone, the exit status still tells.
            let _ = writeln!(std::io::stderr(), "eval: {error}");
            ExitCode::from(2)
        }
    }
}
