//! Conformance of journals.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;

use super::{Suite, Verdict, Violation};
use crate::allowed::Allowed;
use crate::engine::{Event, SCHEMA_VERSION, State, replay, transition};
use crate::error::{ErrorKind, Result};
use crate::evidence::{Evidence, EvidenceId};
use crate::facts::Facts;
use crate::incident::{Fingerprint, Incident, IncidentId, Severity};
use crate::limits::Limits;
use crate::ports::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

const SUITE: Suite = Suite("Journal");

/// Long enough for any run of the suite.
const LONG: Duration = Duration::from_secs(3600);

/// Runs the suite; `fresh` makes an empty journal and a guard that cleans up when dropped.
///
/// # Errors
/// The first [`Violation`].
pub async fn journal<F, Fut, G>(fresh: F) -> Verdict
where
    F: Fn() -> Fut,
    Fut: Future<Output = (Arc<dyn Journal>, G)>,
{
    each_on_its_own!(fresh:
        what_is_appended_is_read,
        a_wrong_place_stores_nothing,
        leases_exclude_and_expire,
        an_old_epoch_stores_nothing,
        lists_in_order_and_by_page,
        the_same_append_twice_is_stored_once,
        picks_up_what_is_due,
        picks_up_one_of_a_resource_at_a_time,
        two_that_pick_up_at_once_share_what_is_due,
        who_is_woken_is_picked_up_once,
        waking_counts_from_when_it_is_free,
        the_woken_come_after_those_whose_time_has_come,
        a_renewal_needs_the_latest_epoch,
        closing_releases,
        compaction_keeps_the_state,
        only_the_closed_are_forgotten,
    );
    Ok(())
}

/// One incident as a worker lives through it.
struct Story {
    lease: Lease,
    state: Option<State>,
    records: Vec<Record>,
}

fn claim(worker: &str, ttl: Duration) -> Claim {
    Claim { worker: worker.into(), ttl, holder_is_gone: false }
}

fn opened(id: &str, resource: &str, at: u64) -> Event {
    let resource = ResourceRef::new("fake", "thing", resource);
    let redactor = selfheal_detect::redact::Redactor::builder().build();
    // Text that an encoding may trip over.
    let evidence =
        vec![Evidence::new(EvidenceId(1), "log", 1, "error: naïve \"quotes\" \\ \u{1F980} 'x'; --", &redactor)];
    let incident = Incident {
        id: IncidentId::new(id),
        fingerprint: Fingerprint::of(&resource, &Facts::new(), &evidence),
        resource,
        environment: Environment::Staging,
        severity: Severity::Critical,
        facts: Facts::new(),
        evidence,
        observed_at: Timestamp::from_millis(at),
        opened_at: Timestamp::from_millis(at),
    };
    let allowed = Arc::new(Allowed::nothing(incident.resource.clone()));
    Event::Opened { incident: Arc::new(incident), seed: u64::MAX, limits: Arc::new(Limits::default()), allowed }
}

impl Story {
    fn new(id: &str, claim: &Claim) -> Self {
        Self { lease: Lease::first(IncidentId::new(id), claim), state: None, records: Vec::new() }
    }

    /// An incident that was opened at `at`, is about a resource of its own, and has this one record.
    async fn begun(store: &dyn Journal, id: &str, at: u64, claim: &Claim) -> Result<Self, Violation> {
        Self::begun_on(store, id, id, at, claim).await
    }

    /// The same, about `resource`.
    async fn begun_on(
        store: &dyn Journal,
        id: &str,
        resource: &str,
        at: u64,
        claim: &Claim,
    ) -> Result<Self, Violation> {
        let mut story = Self::new(id, claim);
        story.goes_on(store, opened(id, resource, at), at).await?;
        Ok(story)
    }

    fn next(&self, event: Event, at: u64) -> Result<(Record, State), Violation> {
        let (at, sequence) = (Timestamp::from_millis(at), self.records.len() as u64);
        let record = Record { schema: SCHEMA_VERSION, sequence, at, event };
        let next = transition(self.state.clone(), at, record.event.clone());
        let (state, _) = next.map_err(|error| SUITE.violation(1, &format!("the suite's own event: {error}")))?;
        Ok((record, state))
    }

    async fn goes_on(&mut self, store: &dyn Journal, event: Event, at: u64) -> Verdict {
        let (record, state) = self.next(event, at)?;
        SUITE.call(1, "append", store.append(&self.lease, &record, &state).await)?;
        self.records.push(record);
        self.state = Some(state);
        Ok(())
    }

    async fn closes(&mut self, store: &dyn Journal, at: u64) -> Verdict {
        self.goes_on(store, Event::Cancelled, at).await
    }

    fn snapshot(&self) -> Result<Snapshot, Violation> {
        let state = self.state.clone().ok_or_else(|| SUITE.violation(8, "the suite's own story has no state"))?;
        let at = self.records.last().map_or(Timestamp::default(), |record| record.at);
        Ok(Snapshot { records: self.records.len() as u64, at, state })
    }

    fn id(&self) -> &IncidentId {
        &self.lease.incident
    }
}

async fn read(store: &dyn Journal, id: &str) -> Result<History, Violation> {
    SUITE.call(3, "read", store.read(&IncidentId::new(id)).await)
}

async fn listed(store: &dyn Journal, query: &Query) -> Result<Vec<Standing>, Violation> {
    SUITE.call(4, "list", store.list(query).await)
}

fn refused<T>(obligation: u8, what: &str, answer: Result<T>, kind: ErrorKind) -> Verdict {
    match answer {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(SUITE.violation(obligation, &format!("{what}: expected {kind:?}, got {error}"))),
        Ok(_) => Err(SUITE.violation(obligation, &format!("{what}: expected {kind:?}, it was accepted"))),
    }
}

async fn what_is_appended_is_read(store: &dyn Journal) -> Verdict {
    SUITE.check(3, read(store, "inc-1").await? == History::default(), "an unknown incident has a history")?;
    let mut one = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    let mut other = Story::begun(store, "inc-2", 11, &claim("w", LONG)).await?;
    for at in 12..15 {
        one.goes_on(store, Event::Resumed { epoch: 1, worker: "w".into() }, at).await?;
    }
    one.goes_on(store, Event::Recalled(None), 15).await?;
    other.goes_on(store, Event::Recalled(None), 16).await?;
    for story in [&one, &other] {
        let history = read(store, story.id().as_str()).await?;
        SUITE.check(2, history.records == story.records, "records came back changed, or another incident's")?;
        SUITE.check(3, history.snapshot.is_none(), "there is a snapshot that nobody made")?;
    }
    Ok(())
}

async fn a_wrong_place_stores_nothing(store: &dyn Journal) -> Verdict {
    let mut story = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    let (mut record, state) = story.next(Event::Recalled(None), 11)?;
    for sequence in [0, 2, 7, u64::from(u32::MAX)] {
        record.sequence = sequence;
        let answer = store.append(&story.lease, &record, &state).await;
        refused(1, &format!("sequence {sequence} where 1 is next"), answer, ErrorKind::Conflict)?;
    }
    let stranger = Story::new("inc-2", &claim("w", LONG));
    let answer = store.append(&stranger.lease, &record, &state).await;
    refused(1, "an incident that doesn't begin with its first record", answer, ErrorKind::Conflict)?;
    SUITE.check(1, read(store, "inc-1").await?.records == story.records, "a refused record was stored")?;
    SUITE.check(1, read(store, "inc-2").await? == History::default(), "a refused incident was stored")?;
    story.goes_on(store, Event::Recalled(None), 12).await
}

async fn an_old_epoch_stores_nothing(store: &dyn Journal) -> Verdict {
    let mut paused = Story::begun(store, "inc-1", 10, &claim("paused", Duration::ZERO)).await?;
    let lease = SUITE.call(5, "lease", store.lease(paused.id(), &claim("other", LONG)).await)?;
    SUITE.check(5, lease.epoch > paused.lease.epoch, "a new holder's epoch is not greater")?;
    let (record, state) = paused.next(Event::Recalled(None), 11)?;
    let late = store.append(&paused.lease, &record, &state).await;
    refused(1, "the append of a worker that was fenced off", late, ErrorKind::Conflict)?;
    SUITE.check(1, read(store, "inc-1").await?.records.len() == 1, "a fenced-off worker's record was stored")?;
    let fenced_off = std::mem::replace(&mut paused.lease, lease);
    paused.goes_on(store, Event::Recalled(None), 12).await?;
    SUITE.call(7, "release", store.release(&fenced_off).await)?;
    let taken = store.lease(paused.id(), &claim("third", LONG)).await;
    refused(7, "a lease that a fenced-off worker released for its holder", taken, ErrorKind::Conflict)
}

async fn lists_in_order_and_by_page(store: &dyn Journal) -> Verdict {
    for (id, at) in [("inc-b", 10), ("inc-a", 10), ("inc-c", 30), ("inc-d", 20)] {
        Story::begun(store, id, at, &claim("w", LONG)).await?;
    }
    let mut closing = Story::begun(store, "inc-e", 25, &claim("w", LONG)).await?;
    closing.closes(store, 26).await?;
    let names = |found: &[Standing]| found.iter().map(|one| one.incident.as_str().to_owned()).collect::<Vec<_>>();
    let all = listed(store, &Query::newest(10)).await?;
    let newest_first = ["inc-c", "inc-e", "inc-d", "inc-b", "inc-a"];
    SUITE.check(4, names(&all) == newest_first, &format!("expected {newest_first:?}, got {:?}", names(&all)))?;
    let standing = &all[1];
    let expected =
        closing.records.last().zip(closing.state.as_ref()).map(|(record, state)| Standing::of(record, state));
    SUITE.check(4, expected.as_ref() == Some(standing), &format!("the standing came back changed: {standing:?}"))?;
    let after = Some((all[1].opened_at, all[1].incident.clone()));
    let rest = listed(store, &Query { after, ..Query::newest(2) }).await?;
    SUITE.check(4, names(&rest) == newest_first[2..4], "the second page does not go on where the first ended")?;
    let since = Some(Timestamp::from_millis(20));
    let open = listed(store, &Query { since, ..Query::open(10) }).await?;
    SUITE.check(4, names(&open) == ["inc-c", "inc-d"], "open ones since a time are not just these")?;
    let closed = listed(store, &Query::closed(10)).await?;
    SUITE.check(4, names(&closed) == ["inc-e"], "closed ones are not just these")
}

async fn leases_exclude_and_expire(store: &dyn Journal) -> Verdict {
    let unknown = store.lease(&IncidentId::new("inc-0"), &claim("w", LONG)).await;
    refused(5, "the lease of an unknown incident", unknown, ErrorKind::NotFound)?;
    let story = Story::begun(store, "inc-1", 10, &claim("first", LONG)).await?;
    let taken = store.lease(story.id(), &claim("second", LONG)).await;
    refused(5, "a lease that another holds", taken, ErrorKind::Conflict)?;
    let again = SUITE.call(5, "lease", store.lease(story.id(), &claim("first", LONG)).await)?;
    SUITE.check(5, again.epoch > story.lease.epoch, "asking again gave no new epoch")?;
    let gone = Claim { holder_is_gone: true, ..claim("second", Duration::ZERO) };
    let forced = SUITE.call(5, "lease of a holder that is gone", store.lease(story.id(), &gone).await)?;
    SUITE.check(5, forced.epoch > again.epoch, "a take-over gave no new epoch")?;
    let expired = SUITE.call(5, "an expired lease", store.lease(story.id(), &claim("third", LONG)).await)?;
    SUITE.check(5, expired.epoch > forced.epoch, "an expired lease gave no new epoch")?;
    SUITE.call(7, "release", store.release(&expired).await)?;
    SUITE.call(7, "a released lease", store.lease(story.id(), &claim("fourth", LONG)).await).map(drop)
}

async fn picks_up_what_is_due(store: &dyn Journal) -> Verdict {
    let zero = Duration::ZERO;
    Story::begun(store, "inc-2", 20, &claim("gone", zero)).await?;
    Story::begun(store, "inc-1", 10, &claim("gone", zero)).await?;
    Story::begun(store, "inc-held", 5, &claim("alive", LONG)).await?;
    Story::begun(store, "inc-closed", 6, &claim("gone", zero)).await?.closes(store, 7).await?;
    let mut waiting = Story::begun(store, "inc-waiting", 8, &claim("gone", zero)).await?;
    let failure = crate::testing::unavailable("memory.recall").summary();
    // Backs off until long after the present.
    waiting.goes_on(store, Event::Failed(failure), 1 << 45).await?;
    let names = |leases: &[Lease]| leases.iter().map(|lease| lease.incident.as_str().to_owned()).collect::<Vec<_>>();
    let first = SUITE.call(6, "pick_up", store.pick_up(&claim("a", LONG), 1).await)?;
    SUITE.check(6, names(&first) == ["inc-1"], &format!("expected the longest waiting, got {:?}", names(&first)))?;
    let second = SUITE.call(6, "pick_up", store.pick_up(&claim("b", LONG), 9).await)?;
    SUITE.check(
        6,
        names(&second) == ["inc-2"],
        &format!("expected only what is free and due, got {:?}", names(&second)),
    )?;
    let none = SUITE.call(6, "pick_up", store.pick_up(&claim("c", LONG), 9).await)?;
    SUITE.check(6, none.is_empty(), "the same incident was given to two workers")?;
    let taken = store.lease(&IncidentId::new("inc-1"), &claim("d", LONG)).await;
    refused(6, "the lease of what another picked up", taken, ErrorKind::Conflict)?;
    SUITE.check(5, first.iter().chain(&second).all(|lease| lease.epoch == 2), "picking up gave no new epoch")
}

async fn the_same_append_twice_is_stored_once(store: &dyn Journal) -> Verdict {
    let mut story = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    let (record, state) = story.next(Event::Recalled(None), 11)?;
    let both = join(store.append(&story.lease, &record, &state), store.append(&story.lease, &record, &state)).await;
    let refusals = [both.0, both.1].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    let one = refusals.len() == 1 && refusals.iter().all(|error| error.kind() == ErrorKind::Conflict);
    SUITE.check(1, one, &format!("of one append made twice at once, one must be a conflict, got {refusals:?}"))?;
    story.records.push(record.clone());
    let again = store.append(&story.lease, &record, &state).await;
    refused(1, "an append that was made before", again, ErrorKind::Conflict)?;
    SUITE.check(1, read(store, "inc-1").await?.records == story.records, "a record was stored twice, or not at all")
}

async fn picks_up_one_of_a_resource_at_a_time(store: &dyn Journal) -> Verdict {
    let gone = claim("gone", Duration::ZERO);
    let held = Story::begun_on(store, "inc-held", "busy", 9, &claim("alive", LONG)).await?;
    Story::begun_on(store, "inc-barred", "busy", 5, &gone).await?;
    Story::begun_on(store, "inc-late", "shared", 7, &gone).await?;
    Story::begun_on(store, "inc-early", "shared", 6, &gone).await?;
    let free = Story::begun_on(store, "inc-free", "shared", 8, &claim("left", LONG)).await?;
    SUITE.call(7, "release", store.release(&free.lease).await)?;
    Story::begun_on(store, "inc-other", "another", 10, &gone).await?;
    let names = |leases: &[Lease]| leases.iter().map(|lease| lease.incident.as_str().to_owned()).collect::<Vec<_>>();
    let expect = |picked: &[Lease], expected: &[&str], why: &str| {
        SUITE.check(6, names(picked) == expected, &format!("{why}: expected {expected:?}, got {:?}", names(picked)))
    };
    let first = SUITE.call(6, "pick_up", store.pick_up(&claim("a", LONG), 9).await)?;
    expect(&first, &["inc-early", "inc-other"], "the longest waiting of each resource that nobody works on")?;
    let none = SUITE.call(6, "pick_up", store.pick_up(&claim("a", LONG), 9).await)?;
    expect(&none, &[], "both resources are worked on")?;
    SUITE.call(5, "lease", store.lease(&IncidentId::new("inc-barred"), &claim("b", LONG)).await)?;
    SUITE.call(7, "release", store.release(&held.lease).await)?;
    let Some(early) = first.first() else { return Ok(()) };
    SUITE.call(7, "release", store.release(early).await)?;
    let next = SUITE.call(6, "pick_up", store.pick_up(&claim("a", LONG), 9).await)?;
    expect(&next, &["inc-early"], "a resource of which an incident was asked for by name is worked on")
}

async fn two_that_pick_up_at_once_share_what_is_due(store: &dyn Journal) -> Verdict {
    for number in 0..8 {
        let (id, resource) = (format!("inc-{number}"), format!("thing-{}", number / 2));
        Story::begun_on(store, &id, &resource, 10 + number, &claim("gone", Duration::ZERO)).await?;
    }
    let (a, b) = (claim("a", LONG), claim("b", LONG));
    let both = join(store.pick_up(&a, 9), store.pick_up(&b, 9)).await;
    let mut picked = SUITE.call(6, "pick_up", both.0)?;
    picked.extend(SUITE.call(6, "pick_up", both.1)?);
    let mut names: Vec<_> = picked.iter().map(|lease| lease.incident.as_str()).collect();
    names.sort_unstable();
    let first = ["inc-0", "inc-2", "inc-4", "inc-6"];
    SUITE.check(6, names == first, &format!("two at once: expected {first:?} between them, got {names:?}"))
}

fn names(leases: &[Lease]) -> Vec<&str> {
    leases.iter().map(|lease| lease.incident.as_str()).collect()
}

async fn picked(store: &dyn Journal, worker: &str, most: usize) -> Result<Vec<Lease>, Violation> {
    SUITE.call(6, "pick_up", store.pick_up(&claim(worker, LONG), most).await)
}

async fn woken(store: &dyn Journal, id: &str) -> Verdict {
    SUITE.call(11, "wake", store.wake(&IncidentId::new(id)).await)
}

/// An incident that backs off until long after the present.
async fn backing_off(store: &dyn Journal, id: &str, resource: &str, claim: &Claim) -> Result<Story, Violation> {
    let mut story = Story::begun_on(store, id, resource, 8, claim).await?;
    story.goes_on(store, Event::Failed(crate::testing::unavailable("memory.recall").summary()), 1 << 45).await?;
    Ok(story)
}

async fn who_is_woken_is_picked_up_once(store: &dyn Journal) -> Verdict {
    let waiting = backing_off(store, "inc-1", "thing", &claim("gone", Duration::ZERO)).await?;
    Story::begun(store, "inc-closed", 6, &claim("w", LONG)).await?.closes(store, 7).await?;
    for id in ["inc-unknown", "inc-closed", "inc-1", "inc-1"] {
        woken(store, id).await?;
    }
    let expected = waiting.records.last().zip(waiting.state.as_ref()).map(|(last, state)| Standing::of(last, state));
    let standing = listed(store, &Query::open(9)).await?.pop();
    SUITE.check(11, standing == expected, "who was woken is listed elsewhere than it stands")?;
    let first = picked(store, "a", 9).await?;
    SUITE.check(11, names(&first) == ["inc-1"], &format!("expected just the woken one, got {:?}", names(&first)))?;
    let Some(lease) = first.first() else { return Ok(()) };
    SUITE.call(7, "release", store.release(lease).await)?;
    let again = picked(store, "a", 9).await?;
    SUITE.check(11, again.is_empty(), "a lease that was released without a change is handed out over and over")?;
    woken(store, "inc-1").await?;
    SUITE.call(5, "lease", store.lease(waiting.id(), &claim("b", Duration::ZERO)).await)?;
    let again = picked(store, "a", 9).await?;
    SUITE.check(11, again.is_empty(), "a lease of the incident by its name doesn't use the waking up")
}

async fn waking_counts_from_when_it_is_free(store: &dyn Journal) -> Verdict {
    let held = backing_off(store, "inc-1", "thing", &claim("alive", LONG)).await?;
    let expired = backing_off(store, "inc-2", "another", &claim("gone", Duration::ZERO)).await?;
    woken(store, "inc-1").await?;
    let none = picked(store, "a", 9).await?;
    SUITE.check(11, none.is_empty(), "a lease that another holds was handed out")?;
    SUITE.call(7, "release", store.release(&held.lease).await)?;
    let first = picked(store, "a", 9).await?;
    SUITE.check(11, names(&first) == ["inc-1"], "who was woken while it was held is not picked up once it is free")?;
    woken(store, expired.id().as_str()).await?;
    let second = picked(store, "a", 9).await?;
    SUITE.check(11, names(&second) == ["inc-2"], "who was woken is not picked up though its lease has expired")
}

async fn the_woken_come_after_those_whose_time_has_come(store: &dyn Journal) -> Verdict {
    let gone = claim("gone", Duration::ZERO);
    let shared = backing_off(store, "inc-woken", "shared", &claim("left", LONG)).await?;
    SUITE.call(7, "release", store.release(&shared.lease).await)?;
    let other = backing_off(store, "inc-other", "another", &claim("left", LONG)).await?;
    SUITE.call(7, "release", store.release(&other.lease).await)?;
    Story::begun_on(store, "inc-due", "shared", 9, &gone).await?;
    for id in ["inc-woken", "inc-other"] {
        woken(store, id).await?;
    }
    let first = picked(store, "a", 1).await?;
    SUITE.check(11, names(&first) == ["inc-due"], &format!("expected the one that is due, got {:?}", names(&first)))?;
    let rest = picked(store, "a", 9).await?;
    let what = format!("expected no second one of a resource, got {:?}", names(&rest));
    SUITE.check(6, names(&rest) == ["inc-other"], &what)
}

async fn a_renewal_needs_the_latest_epoch(store: &dyn Journal) -> Verdict {
    let story = Story::begun(store, "inc-1", 10, &claim("first", Duration::ZERO)).await?;
    let held = Lease { ttl: LONG, ..story.lease.clone() };
    SUITE.call(7, "renew", store.renew(&held).await)?;
    let taken = store.lease(story.id(), &claim("second", LONG)).await;
    refused(7, "a lease that was renewed", taken, ErrorKind::Conflict)?;
    let gone = Claim { holder_is_gone: true, ..claim("second", LONG) };
    SUITE.call(5, "lease", store.lease(story.id(), &gone).await)?;
    refused(7, "a renewal with an old epoch", store.renew(&held).await, ErrorKind::Conflict)
}

async fn closing_releases(store: &dyn Journal) -> Verdict {
    let mut story = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    let (mut late, open) = story.next(Event::Recalled(None), 12)?;
    story.closes(store, 11).await?;
    late.sequence = 2;
    let (late, open) = (Record { sequence: 2, ..late }, open);
    let reopened = store.append(&story.lease, &late, &open).await;
    refused(1, "an append to a closed incident, by the lease that closed it", reopened, ErrorKind::Conflict)?;
    SUITE.check(1, read(store, "inc-1").await?.records.len() == 2, "a closed incident has a record more")?;
    let closed = store.lease(story.id(), &claim("x", LONG)).await;
    refused(5, "the lease of a closed incident", closed, ErrorKind::Invalid)?;
    let picked = SUITE.call(6, "pick_up", store.pick_up(&claim("x", LONG), 9).await)?;
    SUITE.check(6, picked.is_empty(), "a closed incident was picked up")
}

async fn compaction_keeps_the_state(store: &dyn Journal) -> Verdict {
    let mut story = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    Story::begun(store, "inc-2", 10, &claim("w", LONG)).await?;
    story.goes_on(store, Event::Recalled(None), 11).await?;
    let snapshot = story.snapshot()?;
    story.goes_on(store, Event::Classified(Arc::from([])), 12).await?;
    SUITE.call(8, "compact", store.compact(&snapshot).await)?;
    let history = read(store, "inc-1").await?;
    SUITE.check(8, history.snapshot.as_deref() == Some(&snapshot), "the snapshot came back changed")?;
    SUITE.check(
        8,
        history.records == story.records[2..],
        "other records than those the snapshot stands for are gone",
    )?;
    let replayed = replay(history).map_err(|error| SUITE.violation(8, &error.to_string()))?;
    SUITE.check(8, replayed == (story.state.clone(), 3), "what is left leads to another state")?;
    SUITE.check(8, read(store, "inc-2").await?.records.len() == 1, "another incident lost records")?;
    story.goes_on(store, Event::Resumed { epoch: 1, worker: "w".into() }, 13).await?;
    let mut beyond = story.snapshot()?;
    beyond.records += 1;
    refused(8, "a snapshot of records that are not there", store.compact(&beyond).await, ErrorKind::Invalid)
}

async fn only_the_closed_are_forgotten(store: &dyn Journal) -> Verdict {
    let mut story = Story::begun(store, "inc-1", 10, &claim("w", LONG)).await?;
    Story::begun(store, "inc-2", 10, &claim("w", LONG)).await?;
    refused(8, "forgetting an open incident", store.forget(story.id()).await, ErrorKind::Invalid)?;
    story.closes(store, 11).await?;
    SUITE.call(8, "forget", store.forget(story.id()).await)?;
    SUITE.check(8, read(store, "inc-1").await? == History::default(), "a forgotten incident is still read")?;
    let left = listed(store, &Query::newest(9)).await?;
    SUITE.check(8, left.len() == 1, "a forgotten incident is still listed, or another one is gone")
}
