//! Times as they are said on the screen, and how hot a response clock runs. Pure: the clock is `App::now`.

use chrono::Datelike as _;

use super::state::App;
use crate::model::incident::Incident;
use crate::model::time::{Millis, Time};

/// How far a response clock has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heat {
    Calm,
    /// From half of the time.
    Amber,
    /// From 80 % of it, and ever after.
    Red,
}

/// How hot the clock of `incident` runs; `None` where no clock runs.
pub fn heat(incident: &Incident, now: Time) -> Option<Heat> {
    let left = incident.left(now)?;
    let whole = incident.due?.since(incident.opened).0.max(1);
    let used = whole.saturating_sub(left.0);
    // In i128: a hostile `due` may be at the end of time.
    let percent = i128::from(used) * 100 / i128::from(whole);
    Some(match percent {
        ..50 => Heat::Calm,
        50..80 => Heat::Amber,
        _ => Heat::Red,
    })
}

impl App {
    /// An instant in the zone of the screen.
    fn zoned(&self, at: Time) -> chrono::DateTime<chrono::Utc> {
        let ahead = if self.settings.utc { 0 } else { self.settings.offset_minutes };
        (at + Millis::mins(i64::from(ahead))).utc()
    }

    /// The first instant from `at` on that is a whole `step` of the screen's zone.
    pub fn round(&self, at: Time, step: Millis) -> Time {
        let ahead = if self.settings.utc { 0 } else { i64::from(self.settings.offset_minutes) * 60_000 };
        let step = step.0.max(1);
        Time((at.0 + ahead + step - 1).div_euclid(step) * step - ahead)
    }

    /// `14:22`, with the day in front when it is not today.
    pub fn hour(&self, at: Time) -> String {
        let (it, today) = (self.zoned(at), self.zoned(self.now));
        let form = if it.num_days_from_ce() == today.num_days_from_ce() { "%H:%M" } else { "%m-%d %H:%M" };
        it.format(form).to_string()
    }

    /// `14:22:07`, and `Z` behind it in UTC.
    pub fn second(&self, at: Time) -> String {
        self.zoned(at).format(if self.settings.utc { "%H:%M:%SZ" } else { "%H:%M:%S" }).to_string()
    }

    /// `14:22:07.310`, as log lines are stamped.
    pub fn millisecond(&self, at: Time) -> String {
        self.zoned(at).format("%H:%M:%S%.3f").to_string()
    }

    /// `2026-11-22 14:22:07`, in full.
    pub fn day(&self, at: Time) -> String {
        self.zoned(at).format(if self.settings.utc { "%Y-%m-%d %H:%M:%SZ" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }

    /// How long ago, short: `41s`, `12m`.
    pub fn ago(&self, at: Time) -> String {
        self.now.since(at).short()
    }
}
