//! The models that an option, a variable or the user's configuration names.

use std::path::PathBuf;
use std::sync::Arc;

use selfheal_core::limits::ModelLimits;
use selfheal_core::orchestrator::{SystemClock, SystemEntropy};
use selfheal_core::ports::LlmProvider;
use selfheal_detect::redact::RedactorBuilder;
use selfheal_llm::config::{self, Configured, Document};
use selfheal_llm::openai::Embeddings;

use super::ModelsOptions;
use crate::config::{file_of, folder};
use crate::run::Refusal;

/// Names the document.
const VARIABLE: &str = "SELFHEAL_MODELS";

/// What it is called where no other is named.
const NAME: &str = "models.yaml";

/// Which models there are. Nobody is spoken to before one is asked.
pub(crate) struct Models {
    document: Document,
}

impl Models {
    /// Those that are named: by option, by variables, else by the user's configuration.
    ///
    /// # Errors
    /// If what is named can't be read, or is wrong: with file, line and what was expected.
    pub(crate) fn find(options: &ModelsOptions) -> Result<Option<Self>, Refusal> {
        if options.no_models {
            return Ok(None);
        }
        let document = match options.models.clone().or_else(|| file_of(VARIABLE)) {
            Some(file) => Some(config::from_file(&file).map_err(Refusal::usage)?),
            None => match config::from_environment(|name| std::env::var(name).ok()).map_err(Refusal::usage)? {
                Some(document) => Some(document),
                None => usual().map(|file| config::from_file(&file).map_err(Refusal::usage)).transpose()?,
            },
        };
        Ok(document.map(|document| Self { document }))
    }

    /// The same `redactor`, which knows their keys too.
    ///
    /// # Errors
    /// If a key is missing, or an address can't be one.
    pub(crate) fn redacting(&self, redactor: RedactorBuilder) -> Result<RedactorBuilder, Refusal> {
        self.document.prepare(redactor).map_err(Refusal::usage)
    }

    /// Who is asked.
    ///
    /// # Errors
    /// If a key is missing, or an address can't be one.
    pub(crate) fn provider(&self) -> Result<Arc<dyn LlmProvider>, Refusal> {
        let (clock, entropy) = (Arc::new(SystemClock::default()), Arc::new(SystemEntropy::default()));
        self.document.provider(clock, entropy).map_err(Refusal::usage)
    }

    /// The servers, each for itself.
    ///
    /// # Errors
    /// As [`provider`](Self::provider).
    pub(super) fn clients(&self) -> Result<Vec<Configured>, Refusal> {
        self.document.clients().map_err(Refusal::usage)
    }

    /// What turns texts into vectors, if something does.
    ///
    /// # Errors
    /// As [`provider`](Self::provider).
    pub(super) fn embedder(&self) -> Result<Option<Embeddings>, Refusal> {
        self.document.embedder().map_err(Refusal::usage)
    }

    /// What they may cost, and how long they are waited for.
    pub(crate) fn limits(&self) -> ModelLimits {
        self.document.limits()
    }
}

fn usual() -> Option<PathBuf> {
    folder().map(|folder| folder.join(NAME)).filter(|file| file.exists())
}
