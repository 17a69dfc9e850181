//! An incident that is opened again: as if it began anew, and with when it was closed in between.

use crate::model::incident::{Closed, Deed as Done, Incident, IncidentStatus, Step};
use crate::model::response::Response;

/// Of how often it was reopened, so many times are kept: the newest.
pub const REOPENED: usize = 20;

/// Opens `it` again.
pub fn reopen(it: &mut Incident, done: &Done, times: &Response) {
    if let Some(resolved) = &it.resolved {
        it.closed.push(Closed { from: resolved.at, to: done.at });
        it.closed.drain(..it.closed.len().saturating_sub(REOPENED));
    }
    (it.status, it.resolved, it.mitigated, it.acknowledged) = (IncidentStatus::Triggered, None, None, None);
    // It has to be done again; who did it the first time stays in its timeline.
    for step in [Step::Acknowledge, Step::Mitigate, Step::Verify] {
        it.tick(&step, None);
    }
    (it.due, it.clock_from) = (times.due(&it.severity, done.at), Some(done.at));
}
