//! People: one who answers requests for approval, one who is told.

use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::{Approval, ApprovalQuestion, Approver, Escalation, Notifier};

type Answer = fn(&PlanHash) -> Approval;

/// Answers each request with the next answer; the last one stays.
pub(crate) struct Answers(Mutex<Vec<Answer>>);

impl Answers {
    pub(crate) fn new(answers: &[Answer]) -> Self {
        Self(Mutex::new(answers.iter().rev().copied().collect()))
    }

    pub(crate) fn yes(hash: &PlanHash) -> Approval {
        Approval::Given { by: "ada".to_owned(), plan_hash: hash.clone(), at: None }
    }

    pub(crate) fn no(_: &PlanHash) -> Approval {
        Approval::Refused { by: "ada".to_owned(), because: "not on a Friday".to_owned() }
    }

    pub(crate) fn later(_: &PlanHash) -> Approval {
        Approval::Pending
    }
}

#[async_trait]
impl Approver for Answers {
    async fn ask(&self, question: &ApprovalQuestion<'_>) -> Result<Approval> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().copied() };
        Ok(answer.unwrap()(question.plan_hash))
    }
}

/// Acknowledges everything and keeps it.
#[derive(Default)]
pub(crate) struct Pager(pub(crate) Mutex<Vec<Escalation>>);

#[async_trait]
impl Notifier for Pager {
    async fn notify(&self, escalation: &Escalation) -> Result<()> {
        self.0.lock().unwrap().push(escalation.clone());
        Ok(())
    }
}
