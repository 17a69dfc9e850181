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

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
