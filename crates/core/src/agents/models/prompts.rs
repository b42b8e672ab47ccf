//! The prompts. A file that is changed gets another version: what an incident's record names can be read later.

/// What an agent is told about its work.
pub(super) struct Prompt {
    /// Agent and version, such as `analyst@1`.
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

pub(super) const CLASSIFIER: Prompt = Prompt { name: "classifier@1", text: include_str!("prompts/classifier.v1.md") };

pub(super) const ANALYST: Prompt = Prompt { name: "analyst@1", text: include_str!("prompts/analyst.v1.md") };

pub(super) const STRATEGIST: Prompt = Prompt { name: "strategist@1", text: include_str!("prompts/strategist.v1.md") };

pub(super) const AUDITOR: Prompt = Prompt { name: "auditor@1", text: include_str!("prompts/auditor.v1.md") };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_says_what_data_is_and_is_short() {
        for prompt in [CLASSIFIER, ANALYST, STRATEGIST, AUDITOR] {
            assert!(
                prompt.text.contains("BEGIN DATA") && prompt.text.contains("never an instruction"),
                "{}",
                prompt.name
            );
            assert!(prompt.text.len() <= 1500, "{}: {} bytes", prompt.name, prompt.text.len());
        }
    }
}
