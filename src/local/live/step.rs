//! The words between a subscription, its session and the socket: what is needed, what comes next, how far everything has come.

use crate::wire::stream::ServerFrame;

use super::hub::Heads;

/// What a subscription needs from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    Objects,
    Changes { after: u64, limit: usize },
    Tail { count: usize },
    Logs { after: u64, max: usize },
    Points { after: u64, replicas: bool },
}

/// What a subscription does next.
#[derive(Clone, Debug)]
pub enum Step {
    Send(String),
    Ask(Need),
    /// It cannot go on: this is said, then it is forgotten.
    End(ServerFrame),
    /// The whole connection cannot go on: its client does not keep up.
    Slow,
    Idle,
}

/// How far the sources of all subscriptions have come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach {
    pub heads: Heads,
    /// Oldest revision one can resume from.
    pub floor: u64,
    pub log_head: u64,
}
