//! Which objects the program holds, at which revision: enough to compare with the platform, without a second copy of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::read::{Unread, Whole, is_known};
use crate::model::event::{Change, Snapshot};
use crate::wire::digest::Digest;

/// Digests remembered: a comparison's answer is about a revision some seconds ago.
const REMEMBERED: usize = 512;
/// Left out of the comparison: a platform sends only the newest of its audit trail in a snapshot.
const UNCOMPARED: &str = "audit";

/// Names and revisions.
#[derive(Clone, Debug, Default)]
pub struct Held {
    revs: BTreeMap<(String, String), u64>,
    /// Objects there are but could not be read.
    unread: BTreeSet<(String, String)>,
    digest: Digest,
    past: VecDeque<(u64, Digest)>,
}

impl Held {
    /// What `whole` holds.
    pub fn of_whole(whole: &Whole) -> Self {
        let mut held = Self::default();
        for change in changes(&whole.snapshot) {
            held.put(&change);
        }
        for it in &whole.unread {
            held.put_unread(it);
        }
        held.mark(whole.position.rev);
        held
    }

    /// Takes a change in; true when the object could not be read before, so that the count of those is no longer right.
    pub fn put(&mut self, change: &Change) -> bool {
        let object = change.object();
        let (kind, id) = object.parts();
        self.set(kind, id, change.rev())
    }

    /// Whether an object of that name is held.
    pub fn has(&self, change: &Change) -> bool {
        let object = change.object();
        let (kind, id) = object.parts();
        self.revs.contains_key(&(kind.to_owned(), id.to_owned()))
    }

    /// Takes in a change that could not be read; true when the object was readable, or not there, before.
    pub fn put_unread(&mut self, it: &Unread) -> bool {
        let id = it.id.clone().unwrap_or_default();
        self.set(&it.kind, &id, it.rev);
        if it.removed || !it.is_known_kind() {
            return false;
        }
        self.unread.insert((it.kind.clone(), id))
    }

    fn set(&mut self, kind: &str, id: &str, rev: Option<u64>) -> bool {
        let key = (kind.to_owned(), id.to_owned());
        let was_unread = self.unread.remove(&key);
        // A kind this version does not know is in the stream, but in no list that it could be compared with.
        let compared = kind != UNCOMPARED && is_known(kind);
        let old = match rev {
            Some(rev) if compared => {
                self.digest.add_named(kind, id, rev);
                self.revs.insert(key, rev)
            }
            _ => self.revs.remove(&key),
        };
        if let Some(old) = old {
            self.digest.remove_named(kind, id, old);
        }
        was_unread
    }

    /// The state is that of `rev` from now on.
    pub fn mark(&mut self, rev: u64) {
        self.past.push_back((rev, self.digest));
        if self.past.len() > REMEMBERED {
            self.past.pop_front();
        }
    }

    /// The digest as of `rev`; `None`: not remembered, or not reached.
    pub fn digest_at(&self, rev: u64) -> Option<Digest> {
        self.past.iter().rev().find(|it| it.0 <= rev).map(|it| it.1)
    }

    /// The digest now.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

fn changes(snapshot: &Snapshot) -> impl Iterator<Item = Change> {
    let teams = snapshot.teams.iter().cloned().map(Change::Team);
    let projects = snapshot.projects.iter().cloned().map(Change::Project);
    let services = snapshot.services.iter().cloned().map(Change::Service);
    let deployments = snapshot.deployments.iter().cloned().map(Change::Deployment);
    let incidents = snapshot.incidents.iter().cloned().map(Change::Incident);
    teams.chain(projects).chain(services).chain(deployments).chain(incidents)
}
