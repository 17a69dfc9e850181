//! What has happened but is not on disk yet, because the disk was full: the newest of each object and record. Pure.

use std::collections::BTreeMap;

use crate::local::port::Batch;
use crate::model::event::{Change, ObjectRef};

/// Writes that wait.
#[derive(Clone, Debug, Default)]
pub struct Backlog {
    changes: BTreeMap<ObjectRef, Change>,
    private: BTreeMap<(String, String), Option<String>>,
}

impl Backlog {
    /// Takes more in; the newest of each wins.
    pub fn add(&mut self, changes: Vec<Change>, private: Vec<((String, String), Option<String>)>) {
        self.changes.extend(changes.into_iter().map(|it| (it.object(), it)));
        self.private.extend(private);
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.private.is_empty()
    }

    /// All of it, as one transaction. It stays until [`Backlog::clear`].
    pub fn batch(&self) -> Batch {
        let private = self.private.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Batch { changes: self.changes.values().cloned().collect(), private, answer: None }
    }

    /// Lets go of the change of one object, named as the database names it: `incident i1`. False: there is none.
    pub fn give_up(&mut self, name: &str) -> bool {
        let before = self.changes.len();
        self.changes.retain(|object, _| {
            let (kind, id) = object.parts();
            format!("{kind} {id}") != name
        });
        self.changes.len() < before
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{IncidentId, ServiceId};

    #[test]
    fn what_can_never_be_written_is_given_up_alone() {
        let mut backlog = Backlog::default();
        let objects = [ObjectRef::Incident(IncidentId::new("i1")), ObjectRef::Service(ServiceId::new("s1"))];
        backlog.add(objects.iter().cloned().map(Change::Removed).collect(), Vec::new());
        assert!(backlog.give_up("incident i1"));
        assert!(!backlog.give_up("incident i1"), "so that nobody tries for ever");
        assert_eq!(backlog.batch().changes, [Change::Removed(objects[1].clone())]);
    }
}
