//! `heal`: the reference host of selfheal. `heal run -- CMD` wraps a pipeline command; `heal demo` shows what happens.

mod audit;
mod cli;
mod config;
mod demo;
mod exit;
#[cfg(feature = "failpoints")]
mod failpoints;
mod mcp;
mod models;
mod people;
mod policy;
mod records;
mod run;
mod say;
mod signals;
mod store;
mod switches;
#[cfg(feature = "otel")]
mod telemetry;

use std::process::ExitCode;

use clap::Parser;
use selfheal_adapters::local::process::Launcher;

fn main() -> ExitCode {
    // A limited or silent command is started through this very executable.
    if let Some(status) = Launcher::dispatch(std::env::args_os()) {
        return status;
    }
    #[cfg(feature = "failpoints")]
    failpoints::install();
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come this way too; clap knows which stream and status they have.
            let _ = error.print();
            return exit::status(error.exit_code());
        }
    };
    #[cfg(feature = "otel")]
    let _telemetry = telemetry::init();
    let status = match arguments.command {
        cli::Command::Run(options) => run::main(&options),
        cli::Command::Resume(options) => run::resume(&options),
        cli::Command::Approvals(options) => people::approvals(&options),
        cli::Command::Approve(options) => people::approve(&options),
        cli::Command::Reject(options) => people::reject(&options),
        cli::Command::Respond(options) => people::respond(&options),
        cli::Command::Edit(options) => people::edit(&options),
        cli::Command::Approver(options) => people::approver(&options),
        cli::Command::Pause(options) => switches::pause(&options),
        cli::Command::Unpause(options) => switches::unpause(&options),
        cli::Command::Autonomy(options) => switches::autonomy(&options),
        cli::Command::Override(options) => switches::override_guards(&options),
        cli::Command::Switches(options) => switches::list(&options),
        cli::Command::Policy(options) => policy::main(&options),
        cli::Command::Incidents(options) => records::main(&options.store, records::What::Incidents(&options)),
        cli::Command::Show(options) => records::main(&options.store, records::What::Show(&options)),
        cli::Command::Report(options) => records::main(&options.store, records::What::Report(&options)),
        cli::Command::Audit(options) => audit::main(&options),
        cli::Command::Mcp(options) => mcp::main(&options),
        cli::Command::Llm(options) => models::main(&options),
        cli::Command::Demo(options) => demo::main(&options),
    };
    exit::status(status)
}
