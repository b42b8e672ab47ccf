use std::path::{self, Path, PathBuf};

use crate::local::ecosystem::tools::Invocation;
use crate::local::ecosystem::{EcosystemError, ToolError, ToolOutput, Tools};

/// Where projects keep their virtual environment.
const ENVIRONMENTS: &[&str] = &[".venv", "venv", "env", ".env"];

/// A Python with pip: the project's own if there is one, since that decides what fits.
pub(super) struct Interpreter<'t> {
    program: String,
    dir: PathBuf,
    tools: &'t dyn Tools,
}

impl<'t> Interpreter<'t> {
    /// The first that runs pip.
    pub(super) fn find(scratch: &Path, tools: &'t dyn Tools) -> Result<Self, EcosystemError> {
        let scratch = path::absolute(scratch).map_err(EcosystemError::io("find", scratch))?;
        let own = ENVIRONMENTS
            .iter()
            .map(|name| scratch.join(name))
            .filter(|dir| dir.join("pyvenv.cfg").exists())
            .map(|dir| dir.join("bin/python").display().to_string());
        for program in own.chain(["python3", "python"].map(str::to_owned)) {
            let candidate = Self { program, dir: scratch.clone(), tools };
            match candidate.run(["-m", "pip", "--version"]) {
                Ok(output) if output.success() => return Ok(candidate),
                Ok(_) | Err(EcosystemError::Tool(ToolError::Missing { .. } | ToolError::Start { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ToolError::Missing { program: "pip".to_owned() }.into())
    }

    /// Runs Python isolated: a file of the project named like a module of pip or of the standard library can't
    /// take its place.
    pub(super) fn run<S: Into<String>>(&self, args: impl IntoIterator<Item = S>) -> Result<ToolOutput, EcosystemError> {
        let invocation = Invocation::new(&self.program, &self.dir).args(["-I"]).args(args);
        Ok(self.tools.run(&invocation)?)
    }

    /// `pip SUBCOMMAND ARGS`, without questions or talk about itself.
    pub(super) fn pip<S: Into<String>>(
        &self,
        subcommand: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<ToolOutput, EcosystemError> {
        let quiet = ["--no-input", "--disable-pip-version-check", "--no-color", "--progress-bar=off"];
        let fixed = ["-m", "pip", subcommand].into_iter().chain(quiet).map(str::to_owned);
        self.run(fixed.chain(args.into_iter().map(Into::into)))
    }

    /// The standard library's modules; empty before Python 3.10, which can't tell.
    pub(super) fn standard_library(&self) -> Result<Vec<String>, EcosystemError> {
        let output = self.run(["-c", "import sys; print('\\n'.join(sorted(sys.stdlib_module_names)))"])?;
        let names = if output.success() { output.stdout } else { String::new() };
        Ok(names.lines().map(str::to_owned).collect())
    }
}
