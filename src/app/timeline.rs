//! The shared time axis: its window, and the one cursor on it. What stands on it is found in `marks`. Pure functions of the state.

use super::layout;
use super::state::{App, Timeline};
use crate::model::time::{Millis, Time};

/// The windows one can choose from the list.
pub const RANGES: &[(&str, Millis)] = &[
    ("5 minutes", Millis::mins(5)),
    ("15 minutes", Millis::mins(15)),
    ("1 hour", Millis::hours(1)),
    ("6 hours", Millis::hours(6)),
    ("1 day", Millis::hours(24)),
    ("7 days", Millis::hours(168)),
    ("30 days", Millis::hours(720)),
];
/// The narrowest window: under a second a cell there is nothing to see that the log does not say.
pub const NARROWEST: Millis = Millis::mins(1);
/// The widest window: platforms keep about that much.
pub const WIDEST: Millis = Millis::hours(720);
/// The windows that zooming goes through: about double each, and each a length that people say.
const ZOOMS: [Millis; 17] = [
    NARROWEST,
    Millis::mins(2),
    Millis::mins(5),
    Millis::mins(10),
    Millis::mins(15),
    Millis::mins(30),
    Millis::hours(1),
    Millis::hours(2),
    Millis::hours(3),
    Millis::hours(6),
    Millis::hours(12),
    Millis::hours(24),
    Millis::hours(48),
    Millis::hours(96),
    Millis::hours(168),
    Millis::hours(336),
    WIDEST,
];
/// Cells of an axis that is not drawn, where the screen has no room for it.
const UNDRAWN: usize = 60;
/// Most cells an axis is cut into: no screen has more columns.
const MOST: usize = 1_000;

/// The axis as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub from: Time,
    pub to: Time,
    pub cursor: Option<Time>,
}

impl Axis {
    /// The cell of `n` that `at` is in; `None` outside of the axis.
    pub fn cell(&self, at: Time, n: usize) -> Option<usize> {
        if n == 0 || at < self.from || at > self.to {
            return None;
        }
        let span = i128::from(self.to.since(self.from).0.max(1));
        let cell = i128::from(at.since(self.from).0) * n as i128 / span;
        Some((cell as usize).min(n - 1))
    }

    /// The first instant of a cell, which may lie outside of the axis: the least that `cell` finds in it.
    pub fn start(&self, cell: i64, n: usize) -> Time {
        let (span, n) = (i128::from(self.to.since(self.from).0), n.max(1) as i128);
        let offset = -(-span * i128::from(cell)).div_euclid(n);
        Time((i128::from(self.from.0) + offset).clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// How much time a cell is, rounded down, but a millisecond at least.
    pub fn cell_width(&self, n: usize) -> Millis {
        Millis((self.to.since(self.from).0 / n.max(1) as i64).max(1))
    }
}

impl Timeline {
    /// The axis when it is `now`.
    pub fn axis(&self, now: Time) -> Axis {
        let to = self.end.unwrap_or(now);
        Axis { from: to - self.window, to, cursor: self.cursor }
    }

    /// The axis for a picture of `n` cells. While it follows the clock it goes on by whole cells: what stands in a cell stays
    /// in it, and nothing moves in between.
    pub fn axis_of(&self, n: usize, now: Time) -> Axis {
        if self.end.is_some() || n == 0 {
            return self.axis(now);
        }
        let cell = (self.window.0 / n as i64).max(1);
        let to = self.latest(n, now);
        Axis { from: to - Millis(cell.saturating_mul(n as i64)), to, cursor: self.cursor }
    }

    /// Where an axis of `n` cells ends at the latest: with the cell that holds `now`.
    fn latest(&self, n: usize, now: Time) -> Time {
        let cell = (self.window.0 / n.max(1) as i64).max(1);
        Time(now.0.saturating_add(cell - 1).div_euclid(cell).saturating_mul(cell).max(now.0))
    }

    /// Moves the cursor by `steps` cells of the `n` that are drawn; into the cell that holds now it is live again, and at the
    /// edges the axis goes with it.
    pub fn shift(&mut self, steps: i64, n: usize, now: Time) {
        let axis = self.axis_of(n, now);
        let here = self.cursor.unwrap_or(now).clamp(axis.from, axis.to);
        let cell = axis.cell(here, n).and_then(|it| i64::try_from(it).ok()).unwrap_or(0).saturating_add(steps);
        if axis.start(cell.saturating_add(1), n) > now && steps >= 0 {
            return self.live();
        }
        self.look(axis.start(cell, n), n, now);
    }

    /// Puts the cursor on an instant, on an axis of `n` cells. What is not past is the present: it is live again.
    pub fn look(&mut self, at: Time, n: usize, now: Time) {
        if at >= now {
            return self.live();
        }
        let latest = self.latest(n, now);
        // It stands still as it was drawn, up to the end of the cell that holds now.
        let mut end = self.end.unwrap_or(latest).min(latest);
        // A margin on the side one comes from, so that one sees what is next to the cursor.
        let margin = Millis(self.window.0 / 10);
        if at < end - self.window {
            end = at + (Millis(self.window.0 - margin.0));
        } else if at > end {
            end = at + margin;
        }
        self.cursor = Some(at);
        self.end = Some(end.min(latest).max(at));
    }

    /// The present, and moving with it.
    pub const fn live(&mut self) {
        self.cursor = None;
        self.end = None;
    }

    /// Another window, within the limits, with the cursor at the same share of it unless that would show what is still to come.
    pub fn resize(&mut self, window: Millis, n: usize, now: Time) {
        let (old, window) = (self.window.0.max(1), Millis(window.0.clamp(NARROWEST.0, WIDEST.0)));
        self.window = window;
        if let (Some(at), Some(end)) = (self.cursor, self.end) {
            let right = i128::from(end.since(at).0.clamp(0, old)) * i128::from(window.0) / i128::from(old);
            let end = at + Millis(right as i64);
            self.end = Some(end.min(self.latest(n, now)).max(at));
        }
    }

    /// The next narrower (-1) or wider (+1) window.
    pub fn zoomed(&self, by: isize) -> Millis {
        let place = if by < 0 {
            ZOOMS.iter().rposition(|it| *it < self.window).map_or(0, |it| it.saturating_add_signed(by + 1))
        } else {
            let last = ZOOMS.len() - 1;
            ZOOMS.iter().position(|it| *it > self.window).map_or(last, |it| it.saturating_add_signed(by - 1).min(last))
        };
        ZOOMS[place]
    }

    /// The name of the window in the list of windows; nothing for one that is not in it.
    pub fn name(&self) -> &'static str {
        RANGES.iter().find(|(_, it)| *it == self.window).map_or("", |(name, _)| name)
    }

    /// What the window is called: `15m`.
    pub fn words(&self) -> String {
        let unit = match self.window.0 {
            ..3_600_000 => 60_000,
            3_600_000..172_800_000 => 3_600_000,
            _ => 86_400_000,
        };
        if self.window.0 % unit == 0 { self.window.short() } else { self.window.long() }
    }
}

impl App {
    /// The axis as it stands.
    pub fn axis(&self) -> Axis {
        self.timeline.axis(self.now)
    }

    /// The axis for a picture of `n` cells.
    pub fn axis_of(&self, n: usize) -> Axis {
        self.timeline.axis_of(n, self.now)
    }

    /// The axis as it will stand once there is a cursor on it.
    pub fn held_axis(&self) -> Axis {
        let to = self.timeline.end.unwrap_or_else(|| self.timeline.latest(self.cells(), self.now));
        Axis { from: to - self.timeline.window, to, cursor: self.timeline.cursor }
    }

    /// The cells of the timeline as it is drawn: what one step of the cursor is.
    pub fn cells(&self) -> usize {
        match layout::axis(self.areas().timeline).width {
            0 => UNDRAWN,
            width => usize::from(width).min(MOST),
        }
    }

    /// Moves the time cursor by cells, and the logs with it.
    pub fn shift_time(&mut self, cells: i64) {
        let n = self.cells();
        self.timeline.shift(cells, n, self.now);
        self.follow_cursor();
    }

    /// Puts the time cursor on an instant, and the logs with it.
    pub fn look_at(&mut self, at: Time) {
        let n = self.cells();
        self.timeline.look(at, n, self.now);
        self.follow_cursor();
    }

    /// Shows a stretch of time this long, around the cursor or up to now.
    pub fn set_window(&mut self, window: Millis) {
        let n = self.cells();
        self.timeline.resize(window, n, self.now);
    }

    /// The past that is looked at, in words: `14:02:10` and `20m ago`; `None` while it is live.
    pub fn past(&self) -> Option<(String, String)> {
        let at = self.timeline.cursor?;
        // The day is said where it is not today.
        let day = self.hour(at);
        let time = self.second(at);
        let when = day.split_once(' ').map_or_else(|| time.clone(), |(day, _)| format!("{day} {time}"));
        let ago = self.now.since(at);
        let ago = if ago < Millis::hours(1) { ago.short() } else { ago.long() };
        Some((when, format!("{ago} ago")))
    }
}
