//! The wall clock, for commands that say how old things are.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::time::Time;

/// Now.
pub fn now() -> Time {
    Time(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64)
}

/// The name of this machine's time zone, if it has one.
pub fn zone() -> Option<String> {
    iana_time_zone::get_timezone().ok()
}
