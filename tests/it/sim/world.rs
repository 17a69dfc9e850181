//! One run: a platform, some clients, a network, a clock, and one seed that decides everything which happens to them.

use trackside::platform::trackside::read::Whole;
use trackside::wire::stream::Position;

use super::client::Client;
use super::history::{Fact, INCIDENT};
use super::net::{FAIR, ROOMY, Rng, Weather};
use super::platform::Platform;
use super::validate::OLD;

/// Milliseconds a step: short against every wait of the protocol.
const STEP: i64 = 100;
/// Between two looks at what a client shows.
const LOOK: i64 = 1_000;
/// After the last fault: a dead link is noticed (45 s), the longest backoff waited for (30 s), and all is read again.
const PATIENCE: i64 = 150_000;

/// How long a link was silent and still called live: a dead one is noticed within that.
pub const SILENCE: &str = "milliseconds of silence on a link that is called live";

/// What a run came to.
pub struct Run {
    pub history: Vec<Fact>,
    pub faults: u64,
    /// Transactions taken in, snapshots, resumptions after a hole, by all clients.
    pub took: u64,
    pub snapshots: u64,
    pub resumes: u64,
}

struct World {
    now: i64,
    rng: Rng,
    platform: Platform,
    clients: Vec<Client>,
    history: Vec<Fact>,
    faults: u64,
    /// When a platform that is down begins again, and whether from a backup.
    back: Option<(i64, bool)>,
    /// When it ends that was told to stop.
    stops: Option<i64>,
}

/// A run of `seed` with `clients`, in which faults happen for `length` milliseconds.
pub fn run(seed: u64, clients: usize, length: i64) -> Run {
    let mut rng = Rng(seed);
    let mut history = Vec::new();
    let platform = Platform::new(&mut history);
    let clients = (0..clients).map(|index| Client::new(index, Rng(rng.next()))).collect();
    let mut world = World { now: 0, rng, platform, clients, history, faults: 0, back: None, stops: None };
    while world.now < length {
        world.live();
        world.hurt();
        world.step();
    }
    world.heal();
    world.settle();
    world.sum_up()
}

impl World {
    /// What happens on any day: transactions and lines.
    fn live(&mut self) {
        if self.platform.is_up() && self.rng.chance(80) {
            self.transaction(true);
        }
        if self.platform.is_up() && self.rng.chance(150) {
            let count = 1 + self.rng.below(6);
            // Many lines of one time, and now and then a clock that went back.
            let at = self.now / 5_000 * 5_000 - if self.rng.chance(50) { 60_000 } else { 0 };
            self.platform.disk.write(count, at);
        }
    }

    fn transaction(&mut self, told: bool) {
        let count = 1 + self.rng.below(3);
        let mut names: Vec<u8> = (0..count).map(|_| self.rng.below(12) as u8).collect();
        if self.rng.chance(150) {
            names.push(INCIDENT + self.rng.below(2) as u8);
        }
        let removed: Vec<u8> = names.iter().copied().filter(|it| self.rng.chance(if *it >= INCIDENT { 500 } else { 200 })).collect();
        self.platform.commit(self.now, &names, &removed, told, &mut self.history);
    }

    /// Now and then something breaks.
    fn hurt(&mut self) {
        if !self.rng.chance(12) {
            return;
        }
        self.faults += 1;
        match self.rng.below(20) {
            0..9 => self.hurt_one(),
            9 | 10 => self.crash(),
            11 => {
                self.platform.stop(500 + self.rng.below(2500));
                self.stops = self.stops.or(Some(self.now + 2_500));
            }
            12..16 => {
                let (keep, lines) = (self.rng.below(40), self.rng.below(60));
                self.platform.disk.compact(keep, lines);
            }
            16 if self.platform.is_up() => {
                // More at once than is held for one who does not keep up.
                for _ in 0..1_100 {
                    self.platform.commit(self.now, &[3], &[], true, &mut self.history);
                }
            }
            _ => {
                let count = 200 + self.rng.below(600);
                self.platform.disk.write(count, self.now);
            }
        }
    }

    /// Something happens to one client or its way.
    fn hurt_one(&mut self) {
        let index = self.rng.below(self.clients.len() as u64) as usize;
        let until = self.now + self.rng.between(500, 90_000);
        let rng = &mut self.rng;
        let client = &mut self.clients[index];
        let held = Weather { held: true, ..FAIR };
        let weather = match rng.below(9) {
            0 => [held, held],
            1 => [held, FAIR],
            2 => [FAIR, held],
            3 => [Weather { delay: rng.between(200, 8_000), ..FAIR }, Weather { delay: rng.between(200, 20_000), ..FAIR }],
            4 | 5 => {
                client.window = 1024 << rng.below(5);
                [FAIR, Weather { rate: 1, ..FAIR }]
            }
            6 => {
                client.asleep_until = until;
                return;
            }
            7 => {
                if let Some(wire) = client.wire() {
                    wire.borrow_mut().reset();
                }
                return;
            }
            _ => {
                if let Some(wire) = client.wire() {
                    wire.borrow_mut().cut_after(rng.below(600) as usize);
                }
                return;
            }
        };
        (client.weather, client.weather_until) = (weather, until);
    }

    fn crash(&mut self) {
        if !self.platform.is_up() {
            return;
        }
        if self.rng.chance(500) {
            // Written, and dead before anybody heard.
            self.transaction(false);
        }
        let machine = self.rng.chance(500);
        self.platform.crash(machine);
        let restored = self.rng.chance(300);
        self.back = Some((self.now + self.rng.between(100, 20_000), restored));
        self.stops = None;
    }

    fn step(&mut self) {
        self.now += STEP;
        let now = self.now;
        if self.stops.is_some_and(|at| now >= at) {
            self.stops = None;
            self.platform.crash(false);
            self.back = Some((now + 1_000, false));
        }
        if let Some((_, restored)) = self.back.take_if(|it| now >= it.0) {
            if restored {
                self.platform.disk.restore();
            }
            self.platform.begin(now, &mut self.history);
        }
        for client in &mut self.clients {
            if now >= client.weather_until {
                client.weather = [FAIR; 2];
            }
            if let Some(wire) = client.wire() {
                wire.borrow_mut().pass(now, client.weather);
            }
        }
        self.platform.step(now, &mut self.history);
        for client in &mut self.clients {
            client.step(now, &mut self.platform, &mut self.history);
        }
        if now % LOOK == 0 {
            self.look();
        }
        if now % 60_000 == 0 && self.platform.is_up() {
            let loaded = self.platform.disk.load();
            let position = Position { epoch: loaded.epoch, rev: loaded.rev };
            let whole = Whole { position, snapshot: loaded.snapshot, ..Whole::default() };
            for client in &mut self.clients {
                client.check(now, &whole, &mut self.history);
            }
        }
    }

    fn look(&mut self) {
        for client in &mut self.clients {
            if self.now >= client.asleep_until {
                client.look(self.now, &mut self.history);
            }
        }
        let most = 20 * self.clients.len() as u64;
        self.history.push(Fact::Load { what: "connections the platform holds", value: self.platform.load() as u64, most });
    }

    /// The network is whole, the platform up, everybody awake.
    fn heal(&mut self) {
        for client in &mut self.clients {
            (client.weather, client.weather_until, client.asleep_until) = ([FAIR; 2], 0, 0);
            client.window = ROOMY;
            if let Some(wire) = client.wire() {
                wire.borrow_mut().widen(ROOMY);
            }
        }
        self.back = self.back.map(|it| (self.now, it.1));
    }

    /// Waits until every client shows what the platform holds, and notes how long that took.
    fn settle(&mut self) {
        let mut healed = self.now;
        let mut waiting: Vec<usize> = (0..self.clients.len()).collect();
        while !waiting.is_empty() {
            self.step();
            if self.stops.is_some() || self.back.is_some() {
                healed = self.now;
            }
            let over = self.now - healed > PATIENCE;
            let (now, place, theirs) = (self.now, self.platform.disk.place, &self.platform.disk.objects);
            let log_head = self.platform.disk.log_head;
            let (clients, history) = (&self.clients, &mut self.history);
            waiting.retain(|index| {
                let client = &clients[*index];
                let ours = client.objects();
                // The last line too was shown, or said to be lost.
                let told = client.read.is_none_or(|it| it == log_head);
                let done = client.link.is_fresh() && client.place() == Some(place) && ours == *theirs && told;
                if done || over {
                    let after = now - healed.max(client.stands);
                    history.push(Fact::Settled { client: *index, after, ours, theirs: theirs.clone() });
                }
                !done && !over
            });
        }
    }

    fn sum_up(self) -> Run {
        let took = self.history.iter().filter(|it| matches!(it, Fact::Took { whole: false, .. })).count() as u64;
        let sum = |of: fn(&Client) -> u64| self.clients.iter().map(of).sum();
        let mut history = self.history;
        for client in &self.clients {
            // Where the platform keeps its promises, a client never has to doubt what it holds.
            let counters = client.counters();
            history.push(Fact::Load { what: SILENCE, value: client.silence as u64, most: OLD as u64 });
            history.push(Fact::Load { what: "comparisons that did not agree", value: counters.mismatches, most: 0 });
            history.push(Fact::Load { what: "frames that went back in history", value: counters.backwards, most: 0 });
            history.push(Fact::Load { what: "snapshots that did not hold together", value: counters.bad_snapshots, most: 0 });
            history.push(Fact::Load { what: "frames that were none", value: counters.unreadable, most: 0 });
        }
        Run { faults: self.faults, took, snapshots: sum(|it| it.counters().snapshots), resumes: sum(|it| it.counters().resumes), history }
    }
}
