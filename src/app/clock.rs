//! Times as they are said on the screen, and the response clocks: how they stand, and the one bell each step of theirs rings. Pure: the
//! clock is `App::now`.

use chrono::Datelike as _;

use super::effect::Fx;
use super::state::App;
use crate::model::ids::IncidentId;
use crate::model::incident::Incident;
use crate::model::response::{self, Clock, Heat};
use crate::model::time::{Millis, Time};

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

    /// `14:22`, and `Z` behind it in UTC.
    pub fn minute(&self, at: Time) -> String {
        self.zoned(at).format(if self.settings.utc { "%H:%MZ" } else { "%H:%M" }).to_string()
    }

    /// `14:22:07`, and `Z` behind it in UTC.
    pub fn second(&self, at: Time) -> String {
        self.zoned(at).format(if self.settings.utc { "%H:%M:%SZ" } else { "%H:%M:%S" }).to_string()
    }

    /// The same, with the day in front when it is not today: `11-21 14:22:07`.
    pub fn moment(&self, at: Time) -> String {
        let (it, today) = (self.zoned(at), self.zoned(self.now));
        let said = self.second(at);
        if it.num_days_from_ce() == today.num_days_from_ce() { said } else { format!("{} {said}", it.format("%m-%d")) }
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

    /// The response clock of `it`; `None` once acknowledged, resolved, or where none runs.
    pub fn response(&self, it: &Incident) -> Option<Clock> {
        self.settings.response.clock(it, self.now)
    }

    /// `ack in 12:31`, `6m over`; out of hours when it goes on.
    pub fn clock_words(&self, it: &Clock) -> String {
        self.settings.response.words(it)
    }

    /// The same, as short as it can be.
    pub fn clock_short(&self, it: &Clock) -> String {
        self.settings.response.short(it)
    }

    /// How hot the clocks are that were running before one looked: they have rung elsewhere, a bell now would say "just now".
    pub fn heats(&self) -> std::collections::BTreeMap<IncidentId, Heat> {
        self.store.incidents.values().filter_map(|it| Some((it.id.clone(), self.response(it)?.heat))).collect()
    }

    /// One bell when a response clock turns amber, one when it turns red, one when it is over; none once somebody has acknowledged.
    pub fn ring_clocks(&mut self, fx: &mut Fx) {
        let hotter = |it: &Incident, heat: Heat| heat > self.rung.get(&it.id).copied().unwrap_or(Heat::Calm);
        let clocks = self.store.incidents.values().filter_map(|it| Some((it, self.response(it)?)));
        let news: Vec<_> = clocks.filter(|(it, clock)| hotter(it, clock.heat)).map(|(it, clock)| (it.clone(), clock)).collect();
        // Somebody took it, or it is resolved: a clock that begins anew rings anew.
        let running = self.heats();
        self.rung.retain(|id, _| running.contains_key(id));
        // What is old may be wrong: somebody may have taken it long ago. It rings once that is known.
        if !self.fresh() {
            return;
        }
        for (it, clock) in news {
            self.rung.insert(it.id.clone(), clock.heat);
            let then = response::escalation(&it.severity, clock.heat).map(|text| format!("; {text}")).unwrap_or_default();
            if self.tell_clock(fx, &it, &clock, &then) && self.may_send() {
                self.escalate(fx, &it, &clock);
            }
        }
    }
}
