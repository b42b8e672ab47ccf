//! The desk at which people are asked.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_detect::redact::Redactor;

use super::case::Case;
use super::docket::Docket;
use super::hand_in::{MAX_TRIES, crowded, is_lost};
use super::people::{People, PeopleSource};
use super::request::Request;
use super::standing::Standing;
use crate::error::{ErrorKind, Result};
use crate::evidence::Untrusted;
use crate::failpoint;
use crate::ports::{Approval, ApprovalQuestion, Approver, Ledger, Note, Stream};
use crate::time::Timestamp;

/// Asks people over a ledger: notes the request once, counts what they answered, and redeems the answers before it acts on them.
///
/// What must be agreed to comes from the question, never from the ledger: a request that somebody else noted under other terms is
/// another request.
///
/// Whether an answer came before the deadline is told by the time of its entry, which is the clock of whoever handed it in: a
/// ledger has none of its own. It decides only whether an answer that nobody looked at in time still counts, and that no longer than
/// [`ApprovalQuestion::until`]; who may answer, and under which policy, is looked at anew at that moment.
pub struct Desk {
    ledger: Arc<dyn Ledger>,
    people: Arc<dyn PeopleSource>,
    requester: Option<String>,
    redactor: Arc<Redactor>,
}

impl Desk {
    /// A desk over `ledger`, where those count whom `people` knows at that moment.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, people: Arc<dyn PeopleSource>) -> Self {
        Self { ledger, people, requester: None, redactor: Arc::default() }
    }

    /// On whose behalf the healer runs: they don't agree to what they asked for, they may only refuse or remark. Of an incident that
    /// another process asked about on behalf of somebody, that requester stays; if it was on nobody's, it is this one from now on.
    #[must_use]
    pub fn on_behalf_of(mut self, requester: &str) -> Self {
        self.requester = Some(requester.to_owned());
        self
    }

    /// Takes out of what people wrote what `redactor` knows; without, what looks like a secret to anybody.
    #[must_use]
    pub fn redacting(mut self, redactor: Arc<Redactor>) -> Self {
        self.redactor = redactor;
        self
    }

    /// One look at the docket; `None` if another wrote to it before we could.
    async fn look(&self, question: &ApprovalQuestion<'_>) -> Result<Option<Approval>> {
        let docket = Docket::read(self.ledger.as_ref(), &question.incident.id).await?;
        let requester = docket.requester().map(str::to_owned).or_else(|| self.requester.clone());
        let asked = Request::of(question, requester);
        let Some(mut case) = docket.case(&asked.id()) else {
            return match question.at > question.deadline {
                true => Ok(Some(Approval::Pending)),
                false => self.request(question, asked, &docket).await,
            };
        };
        if case.redemption().is_none() && self.requester.is_some() && !case.has_requester() {
            // Who hands an answer in has to know it as well.
            self.request(question, Request::of(question, self.requester.clone()), &docket).await?;
            return Ok(None);
        }
        case.exclude(question.healer, None);
        let Some(people) = self.enrolled().await else { return Ok(Some(Approval::Pending)) };
        let standing = case.stand(people.as_ref(), question.at);
        // What comes too late is told, and not used up.
        let is_new = standing.is_decided() && case.redemption().is_none() && question.at <= question.until;
        if is_new && !self.redeem(question, &case, &standing, &docket).await? {
            return Ok(None);
        }
        let at = case.answered_at(&standing.by());
        Ok(Some(self.approval(standing, at, question)))
    }

    /// Who is enrolled now; while that can't be known, nobody counts and the request waits.
    async fn enrolled(&self) -> Option<Arc<dyn People>> {
        let enrolled = self.people.people().await;
        enrolled.inspect_err(|error| tracing::warn!(%error, "nobody can approve: it is unknown who is enrolled")).ok()
    }

    async fn request(
        &self,
        question: &ApprovalQuestion<'_>,
        asked: Request,
        docket: &Docket,
    ) -> Result<Option<Approval>> {
        failpoint::hit("approvals.requesting");
        let noted = self.note(question, docket, Note::Requested(Arc::new(asked))).await?;
        failpoint::hit("approvals.requested");
        Ok(noted.then_some(Approval::Pending))
    }

    async fn redeem(
        &self,
        question: &ApprovalQuestion<'_>,
        case: &Case,
        standing: &Standing,
        docket: &Docket,
    ) -> Result<bool> {
        let (request, plan_hash) = (case.id().clone(), question.plan_hash.clone());
        failpoint::hit("approvals.redeeming");
        let note = Note::Redeemed { request, round: question.round, plan_hash, by: standing.by() };
        let noted = self.note(question, docket, note).await?;
        failpoint::hit("approvals.redeemed");
        Ok(noted)
    }

    /// Whether it was noted at the place where the docket ended.
    async fn note(&self, question: &ApprovalQuestion<'_>, docket: &Docket, note: Note) -> Result<bool> {
        let stream = Stream::approvals(&question.incident.id);
        match self.ledger.append(&stream, docket.next(), question.at, &note).await {
            Ok(()) => Ok(true),
            // Whether it is there is seen at the next look.
            Err(error) if error.kind() == ErrorKind::Conflict || is_lost(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the healer is told.
    fn approval(&self, standing: Standing, at: Option<Timestamp>, question: &ApprovalQuestion<'_>) -> Approval {
        let redacted = |text: &str| self.redactor.redact(text).into_owned();
        match standing {
            Standing::Waiting { .. } | Standing::Expired => Approval::Pending,
            Standing::Agreed { by } => Approval::Given { by: by.join(", "), plan_hash: question.plan_hash.clone(), at },
            Standing::Responded { by, text } => Approval::Responded { by, text: Untrusted::new(redacted(text.read())) },
            Standing::Rejected { by, because } => Approval::Refused { by, because: redacted(&because) },
            Standing::Edited { by, edit } => match edit.apply(question.plan, &by, question.specs) {
                Ok(plan) => Approval::Edited { by, plan: Arc::new(plan) },
                Err(problem) => Approval::Refused { because: format!("the edit can't be followed: {problem}"), by },
            },
            Standing::Lapsed => Approval::Refused {
                by: "nobody".to_owned(),
                because: "an agreement was redeemed, but those who gave it don't count any more".to_owned(),
            },
        }
    }
}

#[async_trait]
impl Approver for Desk {
    async fn ask(&self, question: &ApprovalQuestion<'_>) -> Result<Approval> {
        for _ in 0..MAX_TRIES {
            if let Some(approval) = self.look(question).await? {
                return Ok(approval);
            }
        }
        Err(crowded(&question.incident.id))
    }
}
