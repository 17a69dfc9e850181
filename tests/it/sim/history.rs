//! What happened in a run, as plain facts in their order: the only thing that the validators look at.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Objects by number, with the revision of their last change. From [`INCIDENT`] on they are incidents, below it teams.
pub type Objects = BTreeMap<u8, u64>;

/// The first number of an incident.
pub const INCIDENT: u8 = 100;

/// A place in the platform's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub epoch: u64,
    pub rev: u64,
}

/// A subscription: a connection's number, and its own.
pub type On = (u64, u32);

/// What the platform said on a subscription.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A snapshot began.
    Snapshot {
        rev: u64,
    },
    /// One transaction, with the objects it touched.
    Ev {
        n: u64,
        rev: u64,
        touched: Vec<u8>,
    },
    Bm {
        n: u64,
        rev: u64,
    },
    /// A heartbeat's line about it.
    Beat {
        n: u64,
        rev: u64,
    },
    Lines {
        n: u64,
        offs: Vec<u64>,
    },
    Gap {
        n: u64,
        offs: RangeInclusive<u64>,
    },
    /// The position cannot be served.
    Gone,
}

/// A fact. Times are milliseconds since the run began.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A transaction is on disk; the state after it, and what it touched.
    Committed {
        at: i64,
        place: Place,
        objects: Objects,
        touched: Vec<u8>,
    },
    /// Who asked for a write was told that it is done.
    Acked {
        place: Place,
    },
    /// The platform began (again) from this place.
    Began {
        at: i64,
        place: Place,
        objects: Objects,
    },
    /// The platform heard a subscription to the state. `since`: to resume from; the rest is how it stood then.
    Asked {
        on: On,
        since: Option<Place>,
        floor: u64,
        head: Place,
    },
    /// The same for log lines; `since` is an offset of the log as it is now.
    AskedLines {
        on: On,
        since: Option<u64>,
    },
    Sent {
        on: On,
        said: Said,
    },
    /// A client took a whole snapshot in, or one transaction.
    Took {
        client: usize,
        place: Place,
        whole: bool,
    },
    /// What a client shows after that.
    Shown {
        client: usize,
        place: Place,
        objects: Objects,
    },
    Lines {
        client: usize,
        offs: Vec<u64>,
    },
    Lost {
        client: usize,
        offs: RangeInclusive<u64>,
    },
    LogBegan {
        client: usize,
    },
    /// Somebody looked at a client: whether it says that all is complete and fresh, and what it shows.
    Looked {
        client: usize,
        at: i64,
        fresh: bool,
        place: Option<Place>,
        incidents: usize,
    },
    /// Something that must stay below a bound.
    Load {
        what: &'static str,
        value: u64,
        most: u64,
    },
    /// All faults were over, and so long after that (or after its connection stood, if later) a client was as the platform.
    Settled {
        client: usize,
        after: i64,
        ours: Objects,
        theirs: Objects,
    },
}
