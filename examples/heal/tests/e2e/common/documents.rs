//! Documents that tests hand to `heal`.

/// A runbook that knows the line `error` and replaces line 2 of `service.conf`.
pub(crate) fn edit_line(error: &str, expected: &str, replacement: &str) -> String {
    format!(
        "schema: selfheal.dev/runbook/v1\n\
         id: test-edit-line\n\
         version: 1\n\
         title: A line of the configuration is wrong\n\
         category: missing_configuration\n\
         priority: 1000\n\
         signature:\n  all: ['^{error}$']\n\
         cause:\n  kind: wrong_line\n  summary: 'line 2 of service.conf is wrong'\n\
         plans:\n  - actions:\n      - kind: edit_file\n        parameters:\n\
         \x20         path: {{value: service.conf}}\n\
         \x20         line: {{value: 2}}\n\
         \x20         expected: {{value: '{expected}'}}\n\
         \x20         replacement: {{value: '{replacement}'}}\n    \
         criteria: [command_succeeds]\n    compensation: undo\n\
         escalation: 'Correct line 2 of service.conf.'\n"
    )
}

/// A policy by which a person is asked whatever is to be done.
pub(crate) const ASK_FIRST: &str = "schema: selfheal.dev/guardrails/v1\nname: ask-first\nversion: 1\nrules:\n  - id: ask\n    \
    effect: require_approval\n    kinds: ['*']\n    because: 'somebody looks first'\nexamples:\n  - \
    {name: asks, given: {kind: retry_stage, environment: dev}, expect: require_approval}\n";
