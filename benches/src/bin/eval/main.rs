//! Evaluates what selfheal decides against labelled data: one subcommand per question, one file per subcommand.
//!
//! Ends with 0 when the evaluation ran, whatever its figures, and with 2 when the data can't be read.

mod commands;
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
}

fn main() -> ExitCode {
    let result = match Arguments::parse().question {
        Question::Commands(arguments) => commands::run(&arguments, &mut std::io::stdout().lock()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            // Where standard error is gone, the exit status still tells.
            let _ = writeln!(std::io::stderr(), "eval: {error}");
            ExitCode::from(2)
        }
    }
}
