//! The loop: two lanes and a clock in, one message at a time through the reducer, one frame at a time out.
//!
//! It knows neither reducer nor screen; both are given to it, so a test can be its world.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::pace::Pace;
use crate::app::effect::{Effect, Fx};
use crate::app::msg::Msg;
use crate::app::state::App;
use crate::model::event::Event;
use crate::model::ids::SourceId;
use crate::model::time::Time;

/// Longest time one lane is drained before the loop looks at the other again: a key waits no longer than this.
const TURN: Duration = Duration::from_millis(4);

/// What the first lane carries: people, and what must not wait behind facts.
#[derive(Clone, Debug, PartialEq)]
pub enum Urgent {
    Msg(Msg),
    /// The terminal may hold anything now (the program was stopped and goes on): enter it anew, paint everything.
    Resumed,
    /// Somebody outside asked for a pause (SIGTSTP).
    Suspend,
    /// End with this exit code.
    Stop(i32),
}

/// What became of a wish at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    Go,
    /// The program is told.
    Then(Msg),
    /// End with this exit code.
    Stop(i32),
}

/// The outside, as far as the loop needs it.
pub trait World {
    /// The wall clock.
    fn now(&self) -> Time;
    /// Waits for a moment. Whoever no longer asks for it must not be woken by it.
    fn wait(&self, until: Instant) -> impl Future<Output = ()>;
    /// Shows the program as it now is.
    fn draw(&mut self, app: &App);
    /// Carries out a wish; never waits.
    fn perform(&mut self, effect: Effect) -> Flow;
    /// Takes the terminal back after a pause and says how large it is now.
    fn resume(&mut self) -> (u16, u16);
}

/// What the loop reads from.
pub struct Lanes {
    /// Lane 1: keys and all that is urgent.
    pub urgent: Receiver<Urgent>,
    /// Lane 2: what the sources say.
    pub facts: Receiver<(SourceId, Event)>,
}

/// The program the loop runs: its reducer, and how long until it wants to know the time.
pub struct Program<U, P> {
    pub update: U,
    pub pulse: P,
}

/// Runs until the program or the world wants to end; the exit code.
pub async fn run<W, U, P>(app: &mut App, program: Program<U, P>, world: &mut W, lanes: Lanes) -> i32
where
    W: World,
    U: FnMut(&mut App, Msg) -> Fx,
    P: Fn(&App) -> Option<Duration>,
{
    Turn { app, program, world, lanes, pace: Pace::default(), tick: None }.run().await
}

struct Turn<'a, W, U, P> {
    app: &'a mut App,
    program: Program<U, P>,
    world: &'a mut W,
    lanes: Lanes,
    pace: Pace,
    tick: Option<Instant>,
}

/// What woke the loop.
enum Wake {
    Urgent(Urgent),
    Frame,
    Tick,
    Fact(SourceId, Event),
}

impl<W, U, P> Turn<'_, W, U, P>
where
    W: World,
    U: FnMut(&mut App, Msg) -> Fx,
    P: Fn(&App) -> Option<Duration>,
{
    async fn run(mut self) -> i32 {
        self.pace.changed(Instant::now(), true);
        loop {
            self.draw_if_due();
            self.set_tick();
            let Some(wake) = self.wait().await else { return 0 };
            let stop = match wake {
                Wake::Frame => None,
                Wake::Tick => {
                    self.tick = None;
                    let now = self.world.now();
                    self.take(Msg::Tick(now), false)
                }
                Wake::Urgent(first) => self.drain_urgent(first),
                Wake::Fact(id, event) => self.drain_facts(id, event),
            };
            if let Some(code) = stop {
                return code;
            }
        }
    }

    /// Keys first; then what is late anyway (a frame, a tick: both are rare); then facts, of which there can be a flood.
    async fn wait(&mut self) -> Option<Wake> {
        let (due, tick) = (self.pace.due(), self.tick);
        tokio::select! {
            biased;
            Some(it) = self.lanes.urgent.recv() => Some(Wake::Urgent(it)),
            () = until(&*self.world, due), if due.is_some() => Some(Wake::Frame),
            () = until(&*self.world, tick), if tick.is_some() => Some(Wake::Tick),
            Some((id, event)) = self.lanes.facts.recv() => Some(Wake::Fact(id, event)),
            else => None,
        }
    }

    fn draw_if_due(&mut self) {
        let now = Instant::now();
        if self.pace.due().is_some_and(|due| due <= now) {
            self.world.draw(self.app);
            self.pace.drawn(now);
        }
    }

    /// A tick that is set is never put off by what happens meanwhile.
    fn set_tick(&mut self) {
        let wanted = (self.program.pulse)(self.app).map(|after| Instant::now() + after);
        self.tick = match (wanted, self.tick) {
            (Some(new), Some(old)) => Some(new.min(old)),
            (new, _) => new,
        };
    }

    fn drain_urgent(&mut self, first: Urgent) -> Option<i32> {
        let end = Instant::now() + TURN;
        let mut next = Some(first);
        while let Some(it) = next {
            let stop = match it {
                Urgent::Msg(msg) => {
                    // Nobody waits for the frames in the middle of dragging a window's edge.
                    let urgent = !matches!(msg, Msg::Resize(..));
                    self.take(msg, urgent)
                }
                Urgent::Resumed => {
                    let (width, height) = self.world.resume();
                    self.pace.changed(Instant::now(), true);
                    self.take(Msg::Resize(width, height), true)
                }
                Urgent::Suspend => self.perform(Effect::Suspend, false),
                Urgent::Stop(code) => Some(code),
            };
            if stop.is_some() {
                return stop;
            }
            next = if Instant::now() < end { self.lanes.urgent.try_recv().ok() } else { None };
        }
        None
    }

    fn drain_facts(&mut self, id: SourceId, event: Event) -> Option<i32> {
        let end = Instant::now() + TURN;
        let now = self.world.now();
        let mut next = Some((id, event));
        while let Some((id, event)) = next {
            let stop = self.take(Msg::Fact(id, event, now), false);
            if stop.is_some() {
                return stop;
            }
            next = if Instant::now() < end { self.lanes.facts.try_recv().ok() } else { None };
        }
        None
    }

    fn take(&mut self, msg: Msg, urgent: bool) -> Option<i32> {
        let fx = (self.program.update)(self.app, msg);
        self.pace.slow(self.app.slow);
        if !fx.unchanged {
            self.pace.changed(Instant::now(), urgent);
        }
        fx.effects.into_iter().find_map(|effect| self.perform(effect, urgent))
    }

    fn perform(&mut self, effect: Effect, urgent: bool) -> Option<i32> {
        if effect == Effect::Repaint {
            self.pace.changed(Instant::now(), urgent);
        }
        match self.world.perform(effect) {
            Flow::Go => None,
            Flow::Then(msg) => self.take(msg, urgent),
            Flow::Stop(code) => Some(code),
        }
    }
}

async fn until(world: &impl World, at: Option<Instant>) {
    match at {
        Some(at) => world.wait(at).await,
        None => std::future::pending().await,
    }
}
