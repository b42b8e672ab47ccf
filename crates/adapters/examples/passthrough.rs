//! Runs a command as a pipeline is run, and says how it ended: `passthrough [--memory BYTES] [--silent] -- CMD [ARG...]`.
//!
//! The smallest host of `local::process`, and what its throughput is measured with.

use std::io::Write;
use std::process::ExitCode;

use selfheal_adapters::local::process::{Cancel, Command, Launcher, MemoryLimit, Passthrough, run};

fn main() -> ExitCode {
    if let Some(status) = Launcher::dispatch(std::env::args_os()) {
        return status;
    }
    let Some(command) = command() else {
        report("usage: passthrough [--memory BYTES] [--silent] -- CMD [ARG...]");
        return 2.into();
    };
    match run(&command, &Cancel::new()) {
        Ok(finished) => {
            report(&format!(
                "{:?} after {:?}, peak {:?} bytes, {:?}; {} bytes, {} lines, {} of them in memory, {} regions",
                finished.exit,
                finished.duration,
                finished.peak_memory_bytes,
                finished.oom,
                finished.output.total_bytes(),
                finished.output.total_lines(),
                finished.output.tail_lines(500).len(),
                finished.output.regions().count(),
            ));
            u8::try_from(finished.exit.shell_status()).unwrap_or(1).into()
        }
        Err(error) => {
            report(&error.to_string());
            error.shell_status().unwrap_or(125).into()
        }
    }
}

fn command() -> Option<Command> {
    let mut command = Command {
        passthrough: Passthrough::Streams,
        launcher: Launcher::this_executable().ok(),
        ..Command::new("", ".")
    };
    let mut args = std::env::args_os().skip(1);
    loop {
        match args.next()?.to_str()? {
            "--memory" => {
                let bytes = args.next()?.to_str()?.parse().ok()?;
                command.memory = Some(MemoryLimit { bytes });
            }
            "--silent" => command.passthrough = Passthrough::Silent,
            "--" => break,
            _ => return None,
        }
    }
    command.program = args.next()?;
    command.args = args.collect();
    Some(command)
}

fn report(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
