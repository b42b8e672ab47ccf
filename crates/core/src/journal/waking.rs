//! Waking all open incidents: after a pause was lifted, or autonomy granted, nobody should wait for the next look.

use crate::error::Result;
use crate::ports::{Journal, Query};

/// Incidents that are listed at once.
const PAGE: usize = 256;

/// Makes every open incident due; returns how many there are. Each goes on if what held it is gone, and waits for its time
/// again otherwise.
///
/// # Errors
/// What the journal answers; those before it were woken then.
pub async fn wake_all(journal: &dyn Journal) -> Result<u64> {
    let (mut query, mut woken) = (Query::open(PAGE), 0);
    loop {
        let page = journal.list(&query).await?;
        for standing in &page {
            journal.wake(&standing.incident).await?;
            woken += 1;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => query.after = Some((last.opened_at, last.incident.clone())),
            _ => return Ok(woken),
        }
    }
}
