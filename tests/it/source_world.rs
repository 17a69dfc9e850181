//! The reference server and the client's session on one wire that a test can lose, double, swap and cut.

use std::collections::BTreeSet;

use proptest::prelude::*;
use trackside::model::event::{Event, Snapshot};
use trackside::model::link::Link;
use trackside::model::time::Millis;
use trackside::platform::patience::Patience;
use trackside::platform::trackside::session::{Input, Session};
use trackside::platform::trackside::turn::{Ending, Now, Output};
use trackside::wire::stream::ClientFrame;

use crate::source_model::{Model, Objects};

/// Everything on both ends of the wire, and what the program was told.
pub struct World {
    pub server: Model,
    pub session: Session,
    pub now: Now,
    pub open: bool,
    pub store: Snapshot,
    pub link: Option<Link>,
    /// How often the link was said, and what else was.
    pub links: usize,
    pub notices: Vec<String>,
    /// Offsets shown or said to be lost, of the log as it is now.
    pub shown: BTreeSet<u64>,
    pub lost: BTreeSet<u64>,
    pub ended: Option<Ending>,
    pub sent: Vec<ClientFrame>,
}

impl World {
    pub fn new() -> Self {
        Self {
            server: Model::new(),
            session: Session::new(Patience::default()),
            now: Now::default(),
            open: false,
            store: Snapshot::default(),
            link: None,
            links: 0,
            notices: Vec::new(),
            shown: BTreeSet::new(),
            lost: BTreeSet::new(),
            ended: None,
            sent: Vec::new(),
        }
    }

    pub fn connected() -> Self {
        let mut it = Self::new();
        it.server.change(&[0, 2, 4]);
        it.server.write(4);
        it.connect();
        it.deliver_all();
        it
    }

    pub fn connect(&mut self) {
        self.open = true;
        self.server.hello();
        self.step(Input::Opened);
    }

    pub fn cut(&mut self) {
        if self.open {
            self.step(Input::Closed { code: None, why: "" });
        }
    }

    pub fn step(&mut self, input: Input<'_>) {
        let outputs = self.session.step(self.now, input);
        for output in outputs {
            match output {
                Output::Send(frame) => {
                    self.sent.push(frame.clone());
                    self.server.hear(frame);
                }
                Output::Emit(event) => self.told(event),
                // There is no newer token in this world.
                Output::Renew => {}
                Output::End(ending) => {
                    self.open = false;
                    self.ended = Some(ending);
                    self.server.drop_connection();
                }
            }
        }
        self.is_true();
    }

    fn told(&mut self, event: Event) {
        match event {
            Event::Snapshot(all) => self.store = *all,
            Event::Changed(changes) => changes.into_iter().for_each(|it| self.store.apply(it)),
            Event::Link(link) => {
                self.link = Some(link);
                self.links += 1;
            }
            Event::Notice(text) => self.notices.push(text.to_string()),
            Event::LogRestart { .. } => {
                self.shown.clear();
                self.lost.clear();
            }
            Event::Logs(lines) => {
                for line in lines {
                    assert!(self.shown.last().is_none_or(|it| *it < line.off), "line {} came out of order or twice", line.off);
                    assert!(!self.lost.contains(&line.off), "line {} was said to be lost", line.off);
                    self.shown.insert(line.off);
                }
            }
            Event::LogGap(gap) => {
                for off in gap.offs {
                    assert!(!self.shown.contains(&off), "line {off} is shown, and then said to be lost");
                    assert!(self.lost.insert(off), "line {off} was said to be lost twice");
                }
            }
            _ => {}
        }
    }

    /// What the program holds is exactly a state that the platform was in: nothing lost, nothing doubled, no half of a transaction.
    fn is_true(&self) {
        let Some(position) = self.session.position().filter(|_| self.store.unreadable.is_empty()) else { return };
        let then = self.server.history.get(&(position.epoch.clone(), position.rev));
        assert_eq!(then, Some(&self.objects()), "at {position}");
    }

    pub fn objects(&self) -> Objects {
        self.store.teams.iter().map(|it| (it.id.to_string(), it.rev)).collect()
    }

    pub fn deliver(&mut self) {
        if let Some(frame) = self.server.wire.pop_front()
            && self.open
        {
            self.step(Input::Text(&frame));
        }
    }

    pub fn deliver_all(&mut self) {
        let mut frames = 0;
        while self.open && !self.server.wire.is_empty() {
            frames += 1;
            assert!(
                frames < 2000,
                "client and server keep each other busy: {:?} {:?}",
                self.server.wire,
                &self.sent[self.sent.len() - 6..]
            );
            self.deliver();
        }
    }

    /// The faults are over: connection, heartbeats, nothing in the way.
    pub fn heal(&mut self) {
        for _ in 0..10 {
            if self.open && !self.session.greeted() && self.server.wire.is_empty() {
                // Its hello was lost: only time can tell.
                self.now.boot = Millis(self.now.boot.0 + 10_001);
                self.step(Input::Tick);
            }
            if !self.open {
                self.connect();
            }
            self.deliver_all();
            self.server.beat();
            self.deliver_all();
            // Time for a question, so that an answer which was lost is not missed for ever.
            self.now.boot = Millis(self.now.boot.0 + 20_000);
            self.step(Input::Tick);
            self.deliver_all();
        }
    }

    pub fn converged(&self) {
        assert_eq!(self.objects(), self.server.objects, "the store is the server's");
        assert_eq!(self.link, Some(Link::Live));
        let position = self.session.position().expect("a position");
        assert_eq!((position.epoch.as_str(), position.rev), (self.server.epoch_name().as_str(), self.server.rev));
        let known: BTreeSet<u64> = self.shown.union(&self.lost).copied().collect();
        if let Some(first) = known.first() {
            let all: BTreeSet<u64> = (*first..=self.server.log_head).collect();
            assert_eq!(known, all, "shown and lost together are what was written");
        }
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Happening {
    Change(Vec<u8>),
    Write(u64),
    Deliver(u8),
    Lose,
    Twice,
    Swap,
    Garble,
    Cut,
    Connect,
    Beat,
    Compact,
    Restore,
    Strict(bool),
    Wait(i64),
}

pub fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{Beat, Change, Compact, Connect, Cut, Deliver, Garble, Lose, Restore, Strict, Swap, Twice, Wait, Write};
    prop_oneof![
        6 => proptest::collection::vec(any::<u8>(), 1..4).prop_map(Change),
        4 => (1u64..9).prop_map(Write),
        10 => (1u8..12).prop_map(Deliver),
        3 => Just(Lose),
        3 => Just(Twice),
        1 => Just(Swap),
        1 => Just(Garble),
        2 => Just(Cut),
        4 => Just(Connect),
        3 => Just(Beat),
        1 => Just(Compact),
        1 => Just(Restore),
        1 => any::<bool>().prop_map(Strict),
        1 => (0i64..50_000).prop_map(Wait),
    ]
}

pub fn happen(world: &mut World, it: Happening) {
    match it {
        Happening::Change(names) => world.server.change(&names),
        Happening::Write(count) => world.server.write(count),
        Happening::Deliver(count) => (0..count).for_each(|_| world.deliver()),
        Happening::Lose => drop(world.server.wire.pop_front()),
        Happening::Twice => {
            if let Some(frame) = world.server.wire.front().cloned() {
                world.server.wire.push_front(frame);
            }
        }
        Happening::Swap if world.server.wire.len() > 1 => world.server.wire.swap(0, 1),
        Happening::Garble => {
            if let Some(frame) = world.server.wire.front_mut() {
                frame.truncate(frame.len() / 2);
            }
        }
        Happening::Cut => world.cut(),
        Happening::Connect if !world.open => world.connect(),
        Happening::Beat if world.open => world.server.beat(),
        Happening::Swap | Happening::Connect | Happening::Beat => {}
        Happening::Compact => world.server.compact(),
        Happening::Restore => {
            world.cut();
            world.server.restore();
        }
        Happening::Strict(strict) => world.server.strict_logs = strict,
        Happening::Wait(ms) => {
            world.now.boot = Millis(world.now.boot.0 + ms);
            world.step(Input::Tick);
        }
    }
}
