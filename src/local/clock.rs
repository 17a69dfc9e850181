//! The machine's clock, read here and nowhere else in this room. For what people see and what is kept; spans are measured with `Instant`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::time::Time;

/// Now. A clock set before 1970 counts as 1970.
pub fn now() -> Time {
    Time(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_millis() as i64))
}
