//! Which loopback ports are free. A port is lent until it is given back; that it is free is proved by binding it.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

/// The range of ports of a platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ports {
    range: RangeInclusive<u16>,
    lent: Arc<Mutex<BTreeSet<u16>>>,
}

impl Ports {
    pub fn new(range: RangeInclusive<u16>) -> Self {
        Self { range, lent: Arc::default() }
    }

    /// The first free port at or after `seed` (taken around the range), lent to the caller.
    ///
    /// Replicas begin anywhere (`seed` is random), so that two platforms on one machine seldom try the same port at once.
    pub fn take(&self, seed: u16) -> Option<u16> {
        let (low, high) = (u32::from(*self.range.start()), u32::from(*self.range.end()));
        let count = (high + 1).checked_sub(low).filter(|it| *it > 0)?;
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        let port = (0..count).map(|i| (low + (u32::from(seed) + i) % count) as u16).find(|it| !lent.contains(it) && free(*it))?;
        lent.insert(port);
        Some(port)
    }

    /// Lends exactly `port`, if nobody of this platform has it.
    pub fn reserve(&self, port: u16) -> bool {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).insert(port)
    }

    pub fn give_back(&self, port: u16) {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).remove(&port);
    }

    /// Ports in the range, for messages.
    pub fn words(&self) -> String {
        format!("{} to {}", self.range.start(), self.range.end())
    }
}

/// Whether nobody listens on `port` on this machine's loopback.
pub fn free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_and_a_lent_one_is_not_lent_twice() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = Ports::new(port..=port);
        assert_eq!(ports.take(7), None);
        drop(taken);
        assert_eq!(ports.take(7), Some(port));
        assert_eq!(ports.take(7), None);
        ports.give_back(port);
        assert_eq!(ports.take(7), Some(port));
    }
}
