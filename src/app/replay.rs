//! A recording that is looked at: how it stands, in words, and what the person wants of it. Who plays it stands outside; nothing here
//! reads a clock.

use serde::{Deserialize, Serialize};

use crate::model::query::{Clock, instant, span};
use crate::model::time::{Millis, Time};

/// How far one key goes back or on.
pub const STRIDE: Millis = Millis::secs(30);

/// How a recording stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replay {
    /// When it begins and ends, by the clock of whoever made it.
    pub from: Time,
    pub to: Time,
    /// Which instant is shown.
    pub at: Time,
    /// Recorded seconds in one of ours.
    pub speed: f64,
    pub paused: bool,
}

/// What the person wants of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Drive {
    /// Stand still, or go on.
    Pause,
    /// To the next thing that happened, and stand still there.
    Step,
    /// The same, where log lines are something that happens.
    Line,
    /// So many times as fast as now.
    Faster(f64),
    /// To this instant.
    Seek(Time),
}

impl Replay {
    /// `REPLAY 2026-11-22 ×4 37 %`: said before all else, wherever there is room for anything.
    pub fn words(&self) -> String {
        let day = self.at.utc().format("%Y-%m-%d");
        let how = if self.at >= self.to {
            "at its end".to_owned()
        } else if self.paused {
            "paused".to_owned()
        } else {
            format!("x{}", self.speed)
        };
        format!("REPLAY {day} {how} {} %", self.percent())
    }

    /// How much of it was shown.
    pub fn percent(&self) -> i64 {
        let whole = self.to.since(self.from).0.max(1);
        (self.at.since(self.from).0 * 100 / whole).clamp(0, 100)
    }

    /// The instant that `typed` means: a time of the day, `+5m`, `-30s`, `40%`.
    pub fn place(&self, typed: &str, offset_minutes: i32) -> Option<Time> {
        let typed = typed.trim();
        if let Some(share) = typed.strip_suffix('%') {
            let share: f64 = share.trim().parse().ok().filter(|it| (0.0..=100.0).contains(it))?;
            return Some(self.from + Millis((self.to.since(self.from).0 as f64 * share / 100.0) as i64));
        }
        let at = match (typed.strip_prefix('+'), typed.strip_prefix('-')) {
            (Some(on), _) => self.at + span(on)?,
            (_, Some(back)) => self.at - span(back)?,
            // The latest such time of the day that is in it.
            _ => instant(typed, Clock { now: self.to, offset_minutes })?,
        };
        Some(Time(at.0.clamp(self.from.0, self.to.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Replay {
        Replay { from: Time(0), to: Time(1_000_000), at: Time(secs * 1000), speed: 4.0, paused: false }
    }

    #[test]
    fn it_says_that_it_is_a_recording_and_how_it_stands() {
        assert_eq!(at(500).words(), "REPLAY 1970-01-01 x4 50 %");
        assert_eq!(Replay { paused: true, ..at(0) }.words(), "REPLAY 1970-01-01 paused 0 %");
        assert_eq!(at(1000).words(), "REPLAY 1970-01-01 at its end 100 %");
    }

    #[test]
    fn a_place_is_a_time_a_distance_or_a_share_and_always_inside() {
        let it = at(500);
        assert_eq!(it.place("40%", 0), Some(Time(400_000)));
        assert_eq!(it.place("+1m", 0), Some(Time(560_000)));
        assert_eq!(it.place("-2h", 0), Some(Time(0)));
        assert_eq!(it.place("00:10", 0), Some(Time(600_000)));
        for wrong in ["", "140%", "x%", "+", "soon"] {
            assert_eq!(it.place(wrong, 0), None, "{wrong}");
        }
    }
}
