//! All objects at one revision, shared between those who read them. What API and stream answer from.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::model::event::{Change, ObjectRef, Snapshot};
use crate::wire::digest::Digest;
use crate::wire::stream::Position;

/// One object and, once somebody asked for it, its JSON.
#[derive(Debug)]
pub struct Object {
    pub change: Change,
    json: OnceLock<Arc<str>>,
}

impl Object {
    fn new(change: Change) -> Arc<Self> {
        Arc::new(Self { change, json: OnceLock::new() })
    }

    /// Its JSON, as a `Change`; made once.
    pub fn json(&self) -> &Arc<str> {
        self.json.get_or_init(|| Arc::from(to_json(&self.change)))
    }
}

/// All objects at one revision.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub at: Position,
    objects: BTreeMap<ObjectRef, Arc<Object>>,
    digest: Digest,
}

impl View {
    /// The view of `snapshot`.
    pub fn new(at: Position, snapshot: Snapshot) -> Self {
        let mut view = Self { at, ..Self::default() };
        let Snapshot { teams, projects, services, deployments, incidents, audit, unreadable: _ } = snapshot;
        let all = teams.into_iter().map(Change::Team);
        let all = all.chain(projects.into_iter().map(Change::Project)).chain(services.into_iter().map(Change::Service));
        let all = all.chain(deployments.into_iter().map(Change::Deployment)).chain(incidents.into_iter().map(Change::Incident));
        for change in all.chain(audit.into_iter().map(Change::Audit)) {
            view.put(change);
        }
        view
    }

    /// Takes in the transaction `rev`.
    pub fn apply(&mut self, rev: u64, changes: &[Change]) {
        for change in changes {
            self.put(change.clone());
        }
        self.at.rev = rev;
    }

    fn put(&mut self, change: Change) {
        let object = change.object();
        let rev = change.rev();
        let old = if rev.is_some() { self.objects.insert(object.clone(), Object::new(change)) } else { self.objects.remove(&object) };
        if let Some(old) = old.and_then(|it| it.change.rev()) {
            self.digest.remove(&object, old);
        }
        if let Some(rev) = rev {
            self.digest.add(&object, rev);
        }
    }

    /// The object named so.
    pub fn get(&self, object: &ObjectRef) -> Option<&Arc<Object>> {
        self.objects.get(object)
    }

    /// All objects, ordered by kind and id.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// Digest of all objects.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// JSON of plain data of ours, which always serialises.
pub fn to_json<T: serde::Serialize>(it: &T) -> String {
    serde_json::to_string(it).unwrap_or_else(|error| {
        tracing::error!(%error, "an object could not be written as JSON");
        "null".to_owned()
    })
}
