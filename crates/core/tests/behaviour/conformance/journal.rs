//! The journal in memory keeps the port's obligations, and the suite finds what doesn't.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::engine::State;
use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::ports::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};
use selfheal_core::testing::conformance;

#[tokio::test]
async fn the_journal_in_memory_conforms() {
    let fresh = || async { (Arc::new(InMemoryJournal::default()) as Arc<dyn Journal>, ()) };
    conformance::journal(fresh).await.unwrap();
}

/// What a careless backend gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    AppendsAnywhere,
    IgnoresEpochs,
    ListsOldestFirst,
    LeasesWhatIsHeld,
    PicksUpWhatWaits,
    PicksUpAllOfAResource,
    RenewsForAnybody,
    SleepsOn,
    IsNeverAsleepAgain,
    CompactsEverything,
    ForgetsTheOpen,
}

struct Careless(InMemoryJournal, Bug);

impl Careless {
    async fn latest(&self, lease: &Lease) -> Result<Lease> {
        let gone = Claim { worker: lease.worker.clone(), ttl: lease.ttl, holder_is_gone: true };
        self.0.lease(&lease.incident, &gone).await
    }
}

#[async_trait]
impl Journal for Careless {
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()> {
        let mut record = record.clone();
        if self.1 == Bug::AppendsAnywhere {
            record.sequence = self.0.read(&lease.incident).await?.records.len() as u64;
        }
        match self.1 {
            Bug::IgnoresEpochs if record.sequence > 0 => {
                let lease = self.latest(lease).await?;
                self.0.append(&lease, &record, after).await
            }
            _ => self.0.append(lease, &record, after).await,
        }
    }

    async fn read(&self, incident: &IncidentId) -> Result<History> {
        self.0.read(incident).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Standing>> {
        let mut found = self.0.list(query).await?;
        if self.1 == Bug::ListsOldestFirst {
            found.reverse();
        }
        Ok(found)
    }

    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
        let holder_is_gone = claim.holder_is_gone || self.1 == Bug::LeasesWhatIsHeld;
        self.0.lease(incident, &Claim { holder_is_gone, ..claim.clone() }).await
    }

    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        let mut leases = match self.1 {
            Bug::PicksUpWhatWaits => Vec::new(),
            _ => self.0.pick_up(claim, most).await?,
        };
        let open = self.0.list(&Query::open(most)).await?;
        let picked = |one: &&Standing| leases.iter().any(|lease: &Lease| lease.incident == one.incident);
        let resources: Vec<_> = open.iter().filter(picked).map(|one| one.resource.clone()).collect();
        let also = |one: &&Standing| match self.1 {
            Bug::PicksUpWhatWaits => true,
            Bug::PicksUpAllOfAResource => resources.contains(&one.resource),
            _ => false,
        };
        for standing in open.iter().filter(also) {
            leases.extend(self.0.lease(&standing.incident, claim).await.ok());
        }
        Ok(leases)
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        if self.1 == Bug::RenewsForAnybody { Ok(()) } else { self.0.renew(lease).await }
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        if self.1 == Bug::IsNeverAsleepAgain {
            self.0.wake(&lease.incident).await?;
        }
        self.0.release(lease).await
    }

    async fn wake(&self, incident: &IncidentId) -> Result<()> {
        match self.1 {
            Bug::SleepsOn => Ok(()),
            _ => self.0.wake(incident).await,
        }
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<()> {
        let mut snapshot = snapshot.clone();
        if self.1 == Bug::CompactsEverything {
            snapshot.records = self.0.read(&snapshot.state.incident.id).await?.records.len() as u64;
        }
        self.0.compact(&snapshot).await
    }

    async fn forget(&self, incident: &IncidentId) -> Result<()> {
        if self.1 == Bug::ForgetsTheOpen { Ok(()) } else { self.0.forget(incident).await }
    }
}

#[tokio::test]
async fn the_suite_finds_what_a_careless_backend_gets_wrong() {
    let bugs = [
        (Bug::AppendsAnywhere, 1),
        (Bug::IgnoresEpochs, 1),
        (Bug::ListsOldestFirst, 4),
        (Bug::LeasesWhatIsHeld, 5),
        (Bug::PicksUpWhatWaits, 6),
        (Bug::PicksUpAllOfAResource, 6),
        (Bug::RenewsForAnybody, 7),
        (Bug::SleepsOn, 11),
        (Bug::IsNeverAsleepAgain, 11),
        (Bug::CompactsEverything, 8),
        (Bug::ForgetsTheOpen, 8),
    ];
    for (bug, obligation) in bugs {
        let fresh = || async move { (Arc::new(Careless(InMemoryJournal::default(), bug)) as Arc<dyn Journal>, ()) };
        let violation = conformance::journal(fresh).await.expect_err(&format!("{bug:?} was not found"));
        assert_eq!(violation.obligation, obligation, "{bug:?}: {violation}");
    }
}
