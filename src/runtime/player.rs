//! Plays a recording into the program: its facts at their times, by a clock that can stand still, hurry and go back. Nothing leaves: no
//! question, no write, no hook, no bell.

use std::time::{Duration, Instant};

use super::recall::answer;
use super::recording::{Entry, Mark, Recording};
use crate::app::effect::{Effect, Fx};
use crate::app::msg::{Msg, Outcome};
use crate::app::replay::{Drive, Replay};
use crate::app::state::{App, SourceState};
use crate::app::update::update;
use crate::model::event::Event;
use crate::model::ids::SourceId;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// Longest time facts are played before a frame and a key have their turn.
const TURN: Duration = Duration::from_millis(12);
/// Between two turns while it plays: as often as a frame is drawn.
const BEAT: Duration = Duration::from_millis(33);
/// Slowest and fastest.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.125..=1024.0;
/// Answers to one message: a question that is asked again for ever ends here.
const ROUNDS: usize = 256;

/// A recording that is being played.
#[derive(Debug)]
pub struct Player {
    tape: Recording,
    /// The first line that was not played yet.
    next: usize,
    /// The instant that was shown at `since`.
    at: Time,
    since: Instant,
    speed: f64,
    paused: bool,
}

impl Player {
    /// A player at the beginning of `tape`.
    pub fn new(tape: Recording, speed: f64, paused: bool) -> Self {
        let at = tape.from();
        Self { tape, next: 0, at, since: Instant::now(), speed: speed.clamp(*SPEEDS.start(), *SPEEDS.end()), paused }
    }

    /// The recording's sources before they said anything, and when it begins.
    pub fn start(&self) -> (Vec<SourceState>, Time) {
        (self.tape.states(), self.tape.from())
    }

    /// Goes to `to` at once, before anything is shown.
    pub fn begin(&mut self, app: &mut App, to: Option<Time>) {
        self.set(self.at);
        if let Some(to) = to {
            // What it would want of the world was wanted then.
            self.seek(app, &mut Fx::default(), to);
        }
        app.replay = Some(self.state());
    }

    /// Applies `msg` by the recording's clock, and plays what is due.
    pub fn update(&mut self, app: &mut App, msg: Msg) -> Fx {
        let mut fx = Fx { unchanged: true, ..Fx::default() };
        let now = self.now();
        let msg = match msg {
            Msg::Tick(_) => {
                self.play(app, &mut fx, now, Some(Instant::now() + TURN));
                Msg::Tick(self.shown(now))
            }
            Msg::Key(key, _) => Msg::Key(key, self.shown(now)),
            Msg::Drawn(_) => Msg::Drawn(self.shown(now)),
            // There is no source; nobody else may speak for one.
            Msg::Fact(..) => return fx,
            other => other,
        };
        self.apply(app, &mut fx, msg);
        let state = Some(self.state());
        if app.replay != state {
            // The header says seconds: what is finer is no news.
            let second = |it: &Option<Replay>| it.map(|it| (it.at.0 / 1000, it.paused, it.speed.to_bits(), it.percent()));
            fx.unchanged &= second(&app.replay) == second(&state);
            app.replay = state;
        }
        fx
    }

    /// How soon it must be its turn again; `None`: it stands still.
    pub fn pulse(&self, app: &App) -> Option<Duration> {
        let own = app.pulse().map(|it| it.0.max(1) as f64 / 1000.0);
        if self.paused || self.next >= self.tape.marks.len() {
            // Only what a filter or search still has to do: no time passes.
            return own.filter(|_| app.logs.is_busy()).map(Duration::from_secs_f64);
        }
        let due = self.tape.marks.get(self.next).map_or(0, |it| it.at.since(self.now()).0.max(0)) as f64 / 1000.0;
        let wait = own.map_or(due, |own| own.min(due)) / self.speed;
        Some(Duration::from_secs_f64(wait.min(3600.0)).max(BEAT))
    }

    fn state(&self) -> Replay {
        Replay { from: self.tape.from(), to: self.tape.to(), at: self.shown(self.now()), speed: self.speed, paused: self.paused }
    }

    /// The instant that it is by the recording's clock.
    fn now(&self) -> Time {
        if self.paused {
            return self.at;
        }
        let passed = self.since.elapsed().as_secs_f64() * self.speed * 1000.0;
        Time(self.at.0.saturating_add(passed as i64)).min(self.tape.to())
    }

    /// What is shown is never ahead of what was played.
    fn shown(&self, now: Time) -> Time {
        match self.tape.marks.get(self.next) {
            Some(it) if it.at <= now => self.at.max(it.at - Millis(1)).min(now),
            _ => now,
        }
    }

    fn set(&mut self, at: Time) {
        (self.at, self.since) = (at, Instant::now());
    }

    /// Plays all lines up to `to`, or as many as time is for; a clock that was too fast waits for them.
    fn play(&mut self, app: &mut App, fx: &mut Fx, to: Time, until: Option<Instant>) {
        while self.tape.marks.get(self.next).is_some_and(|it| it.at <= to) {
            if until.is_some_and(|it| Instant::now() >= it) {
                let at = self.tape.marks[self.next].at;
                return self.set(at);
            }
            self.line(app, fx);
        }
    }

    /// Plays one line.
    fn line(&mut self, app: &mut App, fx: &mut Fx) {
        let Some(mark) = self.tape.marks.get(self.next) else { return };
        let (at, entry) = (mark.at, self.tape.entry(self.next));
        self.next += 1;
        let notice = |text: String| Msg::Fact(SourceId(0), Event::Notice(Clean::new(&text)), at);
        let msg = match entry {
            // Questions of then were answered then; those of now are answered below.
            Some(Entry::Ask(..) | Entry::Fact(_, Event::Answer(..))) | None => return,
            Some(Entry::Fact(source, event)) => Msg::Fact(source, event, at),
            Some(Entry::Lost(n)) => notice(format!("{n} things were not recorded here: they came too fast")),
            Some(Entry::End(why)) => notice(format!("the recording ends here: {why}")),
        };
        self.apply(app, fx, msg);
        if self.next == self.tape.marks.len() && self.tape.cut {
            self.apply(app, fx, notice("the recording was cut off here".to_owned()));
        }
    }

    /// Applies `msg`, and answers what the program asks because of it.
    fn apply(&mut self, app: &mut App, fx: &mut Fx, msg: Msg) {
        let mut waiting = vec![msg];
        let mut rounds = 0;
        while let Some(msg) = waiting.pop() {
            let came = update(app, msg);
            fx.unchanged &= came.unchanged;
            for effect in came.effects {
                match effect {
                    Effect::Ask { source, id, request } if rounds < ROUNDS => {
                        rounds += 1;
                        let said = answer(&self.tape, app, &request);
                        waiting.push(Msg::Fact(source, Event::Answer(id, Box::new(said)), app.own_now()));
                    }
                    Effect::Replay(drive) => self.drive(app, fx, drive),
                    // Nobody is called for what is long over, and nothing is told to anybody else.
                    Effect::Ask { .. } | Effect::Hook { .. } | Effect::Announce { .. } | Effect::Bell => {}
                    other => fx.want(other),
                }
            }
        }
    }

    fn drive(&mut self, app: &mut App, fx: &mut Fx, drive: Drive) {
        let now = self.shown(self.now());
        fx.unchanged = false;
        match drive {
            Drive::Pause => {
                self.paused = !self.paused;
                self.set(now);
            }
            Drive::Faster(by) => {
                self.speed = (self.speed * by).clamp(*SPEEDS.start(), *SPEEDS.end());
                self.set(now);
            }
            Drive::Step | Drive::Line => {
                self.paused = true;
                let stops = |it: &Mark| it.notable || (drive == Drive::Line && it.logged);
                let found = self.tape.marks[self.next..].iter().position(stops).map(|it| self.next + it);
                let Some(stop) = found else {
                    let why = "nothing more happens in this recording".to_owned();
                    return self.apply(app, fx, Msg::Done(Outcome::Failed(why)));
                };
                while self.next <= stop {
                    self.line(app, fx);
                }
                self.set(self.tape.marks[stop].at);
                let at = self.at;
                self.apply(app, fx, Msg::Tick(at));
            }
            Drive::Seek(to) => self.seek(app, fx, to),
        }
    }

    /// Back means from the beginning on: what a source said cannot be unsaid.
    fn seek(&mut self, app: &mut App, fx: &mut Fx, to: Time) {
        let to = Time(to.0.clamp(self.tape.from().0, self.tape.to().0));
        if to < self.shown(self.now()) {
            app.rewind(self.tape.from());
            self.next = 0;
        }
        self.play(app, fx, to, None);
        self.set(to);
        self.apply(app, fx, Msg::Tick(to));
        fx.want(Effect::Repaint);
    }
}
