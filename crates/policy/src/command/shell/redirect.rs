//! Redirections: what a command reads and where its output goes.

use brush_parser::ast::{
    IoFileRedirectKind, IoFileRedirectTarget, IoHereDocument, IoRedirect, ProcessSubstitutionKind, SubshellCommand,
};

use super::super::run::paths;
use super::super::text::Text;
use super::{Output, Shell, Status};

/// Where a command's input comes from and its output goes.
#[derive(Default)]
pub(super) struct Plumbing<'a> {
    stdin: Option<Text>,
    /// Files that standard output goes to, and whether it is appended.
    files: Vec<(Text, bool)>,
    /// Substitutions `>(…)` that read the output.
    readers: Vec<&'a SubshellCommand>,
    captured: bool,
}

impl Shell {
    /// Runs `command` with its redirections in place.
    pub(in crate::command) fn redirected(
        &mut self,
        redirects: &[IoRedirect],
        stdin: Option<&Text>,
        command: impl FnOnce(&mut Self, Option<&Text>) -> Output,
    ) -> Output {
        let mut plumbing = Plumbing::default();
        for redirect in redirects {
            self.redirect(redirect, &mut plumbing);
        }
        let stdin = plumbing.stdin.take().or_else(|| stdin.cloned());
        let output = command(self, stdin.as_ref());
        let output = self.drain(plumbing, output);
        if redirects.is_empty() { output } else { output.may_fail() }
    }

    pub(super) fn redirect<'a>(&mut self, redirect: &'a IoRedirect, plumbing: &mut Plumbing<'a>) {
        match redirect {
            IoRedirect::HereDocument(fd, document) => {
                let text = self.here_document(document);
                self.feed(*fd, text, plumbing);
            }
            IoRedirect::HereString(fd, word) => {
                let mut text = self.one_word(&word.value);
                text.push(&Text::exact("\n"));
                self.feed(*fd, text, plumbing);
            }
            IoRedirect::OutputAndError(word, append) => {
                let target = self.one_word(&word.value);
                self.write(target, *append, plumbing);
            }
            IoRedirect::File(fd, kind, target) => self.file(*fd, kind, target, plumbing),
        }
    }

    fn file<'a>(
        &mut self,
        fd: Option<i32>,
        kind: &IoFileRedirectKind,
        target: &'a IoFileRedirectTarget,
        plumbing: &mut Plumbing<'a>,
    ) {
        use IoFileRedirectKind as K;
        match (kind, target) {
            (_, IoFileRedirectTarget::ProcessSubstitution(ProcessSubstitutionKind::Read, inner)) => {
                let printed = self.subshell(|shell| shell.list(&inner.list, None)).stdout;
                self.feed(fd, printed, plumbing);
            }
            (_, IoFileRedirectTarget::ProcessSubstitution(ProcessSubstitutionKind::Write, inner)) => {
                plumbing.readers.push(inner);
            }
            (K::DuplicateInput, IoFileRedirectTarget::Duplicate(word)) => {
                let word = self.one_word(&word.value);
                self.duplicate_input(&word, plumbing);
            }
            (K::DuplicateInput, IoFileRedirectTarget::Fd(number)) => {
                self.duplicate_input(&Text::exact(number.to_string()), plumbing);
            }
            (K::DuplicateOutput, IoFileRedirectTarget::Duplicate(word)) => {
                let target = self.one_word(&word.value);
                if !target.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
                    self.write(target, false, plumbing);
                }
            }
            (_, IoFileRedirectTarget::Fd(_) | IoFileRedirectTarget::Duplicate(_)) => {}
            (K::Read, IoFileRedirectTarget::Filename(word)) => {
                let path = self.one_word(&word.value);
                let content = self.content(&path);
                self.feed(fd, content, plumbing);
            }
            (K::Append, IoFileRedirectTarget::Filename(word)) => {
                let target = self.one_word(&word.value);
                self.write_of(fd, target, true, plumbing);
            }
            (_, IoFileRedirectTarget::Filename(word)) => {
                let target = self.one_word(&word.value);
                self.write_of(fd, target, false, plumbing);
            }
        }
    }

    fn write_of(&mut self, fd: Option<i32>, target: Text, append: bool, plumbing: &mut Plumbing<'_>) {
        if matches!(fd, None | Some(1)) {
            self.write(target, append, plumbing);
        } else {
            self.findings.add(paths::written(&target, append), &format!("{}> {}", fd.unwrap_or(1), target.text));
        }
    }

    fn write(&mut self, target: Text, append: bool, plumbing: &mut Plumbing<'_>) {
        let sign = if append { ">>" } else { ">" };
        self.findings.add(paths::written(&target, append), &format!("{sign} {}", target.text));
        plumbing.captured = true;
        plumbing.files.push((target, append));
    }

    fn here_document(&mut self, document: &IoHereDocument) -> Text {
        let text = if document.remove_tabs {
            document.doc.value.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
        } else {
            document.doc.value.clone()
        };
        if document.requires_expansion { self.document(&text) } else { Text::exact(text) }
    }

    /// What a file holds, if the script wrote it itself.
    pub(in crate::command) fn content(&mut self, path: &Text) -> Text {
        if let Some(judgement) = paths::secret(path) {
            self.findings.add(judgement, &format!("< {}", path.text));
        }
        if let Some(origin) = paths::remote_device(path) {
            self.findings.doubt(format!("it opens a connection: {}", path.text));
            return Text::from(origin);
        }
        if !paths::may_be_read(path) {
            self.findings.doubt(format!("it reads {}", path.text));
        }
        match path.known().and_then(|path| self.scope.file(path)) {
            Some(content) => content.clone(),
            None => Text::unknown(format!("$(<{})", path.text)),
        }
    }

    fn feed(&mut self, fd: Option<i32>, text: Text, plumbing: &mut Plumbing<'_>) {
        match fd {
            None | Some(0) => plumbing.stdin = Some(text),
            // It may be read later through `<&3` or `/dev/fd/3`.
            Some(number) => self.scope.write(&format!("/dev/fd/{number}"), text),
        }
    }

    fn duplicate_input(&mut self, from: &Text, plumbing: &mut Plumbing<'_>) {
        let Some(content) = self.scope.file(&format!("/dev/fd/{}", from.text)).cloned() else { return };
        plumbing.stdin = Some(content);
    }

    /// Hands a command's output on.
    pub(super) fn drain(&mut self, plumbing: Plumbing<'_>, output: Output) -> Output {
        for (target, append) in &plumbing.files {
            let Some(path) = target.known() else { continue };
            if *append {
                self.scope.append(path, &output.stdout);
            } else {
                self.scope.write(path, output.stdout.clone());
            }
        }
        for reader in &plumbing.readers {
            self.subshell(|shell| shell.list(&reader.list, Some(&output.stdout)));
        }
        if plumbing.captured {
            return Output { stdout: Text::exact(""), status: output.status };
        }
        output
    }

    /// `<(…)` as an argument: a path whose content is what the inner list prints.
    pub(super) fn process_substitution<'a>(
        &mut self,
        kind: &ProcessSubstitutionKind,
        inner: &'a SubshellCommand,
        plumbing: &mut Plumbing<'a>,
    ) -> Text {
        let path = format!("/dev/fd/{}", 63_usize.saturating_add(self.scope.files.len()));
        match kind {
            ProcessSubstitutionKind::Read => {
                let printed = self.subshell(|shell| shell.list(&inner.list, None)).stdout;
                self.scope.write(&path, printed);
            }
            ProcessSubstitutionKind::Write => plumbing.readers.push(inner),
        }
        Text::exact(path)
    }
}

impl Plumbing<'_> {
    pub(super) fn stdin(&self) -> Option<&Text> {
        self.stdin.as_ref()
    }
}

impl Output {
    /// The output of a command that only sets things; setting them may fail.
    pub(in crate::command) fn done() -> Self {
        Self::status(Status::Unknown)
    }

    /// A redirection that fails ends the command, whatever its own status would be.
    pub(super) fn may_fail(self) -> Self {
        Self { status: Status::Unknown, ..self }
    }
}
