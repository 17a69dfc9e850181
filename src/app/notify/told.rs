//! What was told already: by thing and state, so that a replay, a snapshot or a reordered stream never tells it again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::ids::{DeploymentId, IncidentId};
use crate::model::incident::Incident;
use crate::model::response::Heat;
use crate::model::time::Time;

/// Keys held; the oldest are forgotten first. A platform sends a few thousand objects at most, so none of those it still sends is.
const MOST: usize = 20_000;

/// What was told already.
#[derive(Clone, Debug, Default)]
pub struct Told {
    keys: BTreeSet<String>,
    order: VecDeque<String>,
    /// The newest revision in which an incident was seen closed: an open one that is older is late news.
    closed: BTreeMap<IncidentId, u64>,
}

impl Told {
    /// A deployment has ended: whether that is news. It ends once.
    pub fn ended(&mut self, id: &DeploymentId) -> bool {
        self.once(format!("deployment {id}"))
    }

    /// An incident stands as `it` says: whether it is news that it is open. Each opening is news once.
    pub fn opened(&mut self, it: &Incident) -> bool {
        let closed = self.closed.get(&it.id).copied();
        if !it.is_open() {
            self.closed.insert(it.id.clone(), closed.unwrap_or(0).max(it.rev));
            if self.closed.len() > MOST {
                self.closed.pop_first();
            }
            return false;
        }
        let late = closed.is_some_and(|closed| it.rev <= closed);
        !late && self.once(format!("incident {} {}", it.id, closed.unwrap_or(0)))
    }

    /// The clock of an incident that runs out at `due` is so hot: whether that is news. A clock that begins anew is another one.
    pub fn clock(&mut self, id: &IncidentId, due: Time, heat: Heat) -> bool {
        self.once(format!("clock {id} {} {heat:?}", due.0))
    }

    /// Whether `key` is told for the first time.
    fn once(&mut self, key: String) -> bool {
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}
