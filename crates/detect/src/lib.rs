//! Pure algorithms over log text. No IO, no clock, no notion of an incident: bytes and lines in, findings out. Everything
//! is linear in its input and bounded, since a log is written by whoever writes the program that failed.
//!
//! - [`ansi`]: text as it stands on the screen, without escape sequences and overwritten progress
//! - [`scan`]: the lines of an endless stream that look like a failure, at memory speed
//! - [`extract`]: the lines of a failed log that tell why it failed
//! - [`redact`]: secrets out, before anything is stored, shown or sent
//! - [`mask`]: what differs between two runs out, for a signature of the failure
//!
//! ```
//! use selfheal_detect::{ansi, extract, mask, redact::Redactor};
//!
//! let log = "\
//! $ python3 app.py --token=Zx81hhPq0aTTw2
//! Traceback (most recent call last):
//!   File \"/build/7/app.py\", line 1, in <module>
//!     import tabulate
//! \x1b[31mModuleNotFoundError: No module named 'tabulate'\x1b[0m
//! exited with code 1
//! ";
//! let clean = ansi::strip(log);
//! let safe = Redactor::default().redact(&clean).into_owned();
//! assert!(safe.contains("--token=<secret:assigned>"));
//!
//! let lines: Vec<&str> = safe.lines().collect();
//! let failing = extract::failing_lines(&lines, 2);
//! let told: Vec<&str> = failing.iter().map(|line| lines[line.index]).collect();
//! assert_eq!(told[1], "ModuleNotFoundError: No module named 'tabulate'");
//! assert_eq!(failing[1].rule, "traceback");
//!
//! let elsewhere = ["File \"/other/place/app.py\", line 1, in <module>"];
//! assert_eq!(mask::signature([lines[2]]), mask::signature(elsewhere));
//! ```

pub mod ansi;
pub mod extract;
pub mod mask;
mod pattern;
pub mod redact;
pub mod scan;
