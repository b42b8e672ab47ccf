//! Lists and pipelines: what runs, after what, fed by what.

use brush_parser::ast::{AndOr, AndOrList, Command, CompoundList, Pipeline, Program, SeparatorOperator};

use super::super::text::Text;
use super::{Output, Shell, Status};

impl Shell {
    pub(super) fn program(&mut self, program: &Program, stdin: Option<&Text>) -> Output {
        let mut output = Output::status(Status::True);
        for list in &program.complete_commands {
            let next = self.list(list, stdin);
            output = output.then(next);
        }
        output
    }

    pub(super) fn list(&mut self, list: &CompoundList, stdin: Option<&Text>) -> Output {
        let mut output = Output::status(Status::True);
        for item in &list.0 {
            let next = match item.1 {
                SeparatorOperator::Sequence => self.and_or(&item.0, stdin),
                SeparatorOperator::Async => self.subshell(|shell| shell.and_or(&item.0, stdin)),
            };
            output = output.then(next);
        }
        output
    }

    /// `a && b || c`; what a known status skips is not followed.
    fn and_or(&mut self, list: &AndOrList, stdin: Option<&Text>) -> Output {
        let mut output = self.pipeline(&list.first, stdin);
        for more in &list.additional {
            let (skipped_after, pipeline) = match more {
                AndOr::And(pipeline) => (Status::False, pipeline),
                AndOr::Or(pipeline) => (Status::True, pipeline),
            };
            if output.status == skipped_after {
                // What is skipped destroys nothing, but nobody should rely on it being skipped.
                self.findings.doubt("a part of it is skipped");
                continue;
            }
            let certain = output.status != Status::Unknown;
            let next = self.perhaps(certain, |shell| shell.pipeline(pipeline, stdin));
            output = output.then(next);
            if !certain {
                output.status = Status::Unknown;
            }
        }
        output
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: Option<&Text>) -> Output {
        let mut output = match pipeline.seq.as_slice() {
            [command] => self.command(command, stdin),
            stages => self.subshell(|shell| shell.stages(stages, stdin)),
        };
        if pipeline.bang {
            output.status = match output.status {
                Status::True => Status::False,
                Status::False => Status::True,
                Status::Unknown => Status::Unknown,
            };
        }
        output
    }

    /// The stages of one pipeline. The last one may run in the shell itself (`lastpipe`), so it sees what earlier ones set.
    fn stages(&mut self, stages: &[Command], stdin: Option<&Text>) -> Output {
        let mut output = Output::silent();
        let mut fed = stdin.cloned();
        for stage in stages {
            // What a stage sets is gone in the next one, unless both run in the shell itself.
            output = self.perhaps(false, |shell| shell.command(stage, fed.as_ref()));
            fed = Some(output.stdout.clone());
        }
        output
    }

    pub(super) fn command(&mut self, command: &Command, stdin: Option<&Text>) -> Output {
        if !self.step() {
            return Output::unknown();
        }
        match command {
            Command::Simple(simple) => self.simple(simple, stdin),
            Command::Function(function) => {
                self.define(&function.fname.value, function.body.clone());
                Output::status(Status::True)
            }
            Command::Compound(compound, redirects) => {
                let redirects = redirects.as_ref().map_or(&[][..], |list| list.0.as_slice());
                self.redirected(redirects, stdin, |shell, stdin| shell.compound(compound, stdin))
            }
            Command::ExtendedTest(test, redirects) => {
                let redirects = redirects.as_ref().map_or(&[][..], |list| list.0.as_slice());
                self.redirected(redirects, stdin, |shell, _| {
                    shell.extended_test(&test.expr);
                    Output::silent()
                })
            }
        }
    }
}
