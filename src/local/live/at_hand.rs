//! What a session needs, as far as the hub holds it: no waiting, no disk. The rest is `socket`'s to fetch.

use super::hub::Hub;
use super::session::Input;
use super::step::Need;

/// The answer to what subscription `sub` needs; `None`: it is not in memory, ask the database or the log.
pub fn at_hand(hub: &Hub, sub: u32, need: &Need) -> Option<Input> {
    match *need {
        Need::Objects => {
            let view = hub.view();
            let objects = view.objects().cloned().collect();
            Some(Input::Objects { sub, rev: view.at.rev, digest: view.digest().hex(), objects })
        }
        Need::Changes { after, limit } => hub.recent(after, limit).map(|found| Input::Changes { sub, found: Some(found) }),
        Need::Points { after, replicas } => {
            let (points, reached) = hub.points_after(after, replicas);
            Some(Input::Points { sub, points, reached })
        }
        Need::Logs { .. } | Need::Tail { .. } => None,
    }
}
