//! Every order of events, to a depth: the two session machines on a wire that loses, doubles and cuts, under a model checker.
//!
//! Chance (`runs`) finds what is likely in long stories; this finds what is possible in short ones. One client, one platform,
//! the state alone: log lines and metrics have no part in how the two agree on a place in history.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use stateright::{Checker, Model, Property};
use trackside::local::db::Outbox;
use trackside::local::live::{Heads, Input as Fed, Need, Output as Next, Reach, Session as Serving, View};
use trackside::model::event::{Change, Event, ObjectRef, Snapshot};
use trackside::model::ids::TeamId;
use trackside::model::link::Link;
use trackside::model::project::Team;
use trackside::model::time::Time;
use trackside::platform::patience::Patience;
use trackside::platform::trackside::session::{Input, Session};
use trackside::platform::trackside::turn::{Now, Output};
use trackside::wire::rest::SUBPROTOCOL;
use trackside::wire::stream::{ClientFrame, Hello, Position, ServerFrame, Topic};

/// Steps from the beginning that are looked at in every order.
const DEPTH: usize = 11;
/// What may happen at most on one way: transactions, things that break, heartbeats.
const COMMITS: u8 = 3;
const FAULTS: u8 = 2;
const BEATS: u8 = 1;

/// Revisions of objects by name.
type Objects = BTreeMap<String, u64>;

/// One thing that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    /// The platform hears the first frame on the way up.
    Hear,
    /// It says its next frame.
    Say,
    /// The client takes the first frame on the way down.
    Deliver,
    Beat,
    Commit,
    /// The first frame on the way down comes to nothing, or comes twice.
    Lose,
    Double,
    Cut,
    /// The platform forgets its past, falls behind what it holds for slow readers, begins anew, or from a backup.
    Compact,
    Outrun,
    Restart,
    Restore,
}

const FAULTY: [Step; 7] = [Step::Lose, Step::Double, Step::Cut, Step::Compact, Step::Outrun, Step::Restart, Step::Restore];

/// Both ends, the wire between them, and what breaks a promise.
#[derive(Clone, Debug)]
struct State {
    client: Session,
    open: bool,
    store: Snapshot,
    link: Link,
    serving: Option<Serving>,
    up: VecDeque<ClientFrame>,
    down: VecDeque<String>,
    epoch: u64,
    view: View,
    outbox: BTreeMap<u64, Arc<str>>,
    floor: u64,
    ring: u64,
    history: BTreeMap<(u64, u64), Objects>,
    /// What the client was at last, and what was sent last on a subscription.
    seen: Option<(u64, u64)>,
    sent: BTreeMap<u32, u64>,
    left: [u8; 3],
    broken: Option<String>,
}

/// With its fingerprint, which is all that the search compares.
#[derive(Clone, Debug)]
struct Printed(Box<State>, u64);

impl Printed {
    fn of(state: State) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{state:?}").hash(&mut hasher);
        Self(Box::new(state), hasher.finish())
    }
}

impl PartialEq for Printed {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Hash for Printed {
    fn hash<H: Hasher>(&self, into: &mut H) {
        self.1.hash(into);
    }
}

impl State {
    fn new() -> Self {
        let at = Position { epoch: "e1".to_owned(), rev: 0 };
        Self {
            client: Session::new(Patience::default()),
            open: false,
            store: Snapshot::default(),
            link: Link::Idle,
            serving: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            epoch: 1,
            view: View::new(at, Snapshot::default()),
            outbox: BTreeMap::new(),
            floor: 0,
            ring: 0,
            history: BTreeMap::from([((1, 0), Objects::new())]),
            seen: None,
            sent: BTreeMap::new(),
            left: [COMMITS, FAULTS, BEATS],
            broken: None,
        }
    }

    const fn reach(&self) -> Reach {
        Reach { heads: Heads { rev: self.view.at.rev, ring: self.ring, metrics: 0 }, floor: self.floor, log_head: 0 }
    }

    fn objects(&self) -> Objects {
        self.view.objects().map(|it| (it.change.object().parts().1.to_owned(), it.change.rev().unwrap_or_default())).collect()
    }

    fn breaks(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    fn can(&self, step: Step) -> bool {
        let [commits, faults, beats] = self.left;
        match step {
            Step::Connect => !self.open,
            Step::Hear => self.serving.is_some() && !self.up.is_empty(),
            Step::Say => self.serving.is_some() && self.down.len() < 4,
            Step::Deliver => self.open && !self.down.is_empty(),
            Step::Beat => beats > 0 && self.serving.is_some(),
            Step::Commit => commits > 0,
            _ if faults == 0 => false,
            Step::Lose | Step::Double => self.open && !self.down.is_empty(),
            Step::Cut => self.open,
            Step::Compact => self.floor < self.view.at.rev,
            Step::Outrun => self.ring < self.view.at.rev,
            Step::Restart | Step::Restore => self.view.at.rev > 0,
        }
    }

    fn go(&mut self, step: Step) {
        match step {
            Step::Commit => self.left[0] -= 1,
            Step::Beat => self.left[2] -= 1,
            it if FAULTY.contains(&it) => self.left[1] -= 1,
            _ => {}
        }
        match step {
            Step::Connect => self.connect(),
            Step::Hear => self.hear(),
            Step::Say => self.say(),
            Step::Deliver => {
                if let Some(text) = self.down.pop_front() {
                    self.step(Input::Text(&text));
                }
            }
            Step::Beat => self.feed(Fed::Beat(Time(0))),
            Step::Commit => self.commit(),
            Step::Lose => drop(self.down.pop_front()),
            Step::Double => self.down.push_front(self.down[0].clone()),
            Step::Cut => self.cut(),
            Step::Compact => {
                self.floor = self.view.at.rev;
                self.outbox.retain(|rev, _| *rev > self.floor);
                self.feed(Fed::Moved(self.reach()));
            }
            Step::Outrun => {
                self.ring = self.view.at.rev;
                self.feed(Fed::Moved(self.reach()));
            }
            Step::Restart => {
                self.cut();
                self.ring = self.view.at.rev;
            }
            Step::Restore => self.restore(),
        }
    }

    fn connect(&mut self) {
        let hello = ServerFrame::Hello(Box::new(Hello {
            protocol: SUBPROTOCOL.to_owned(),
            epoch: self.view.at.epoch.clone(),
            head: self.view.at.rev,
            floor: self.floor,
            log_epoch: "l".to_owned(),
            log_head: 0,
            log_floor: 1,
            heartbeat_ms: 15_000,
            idle_ms: 45_000,
            max_frame: 262_144,
            now: Time(0),
            server: "model".into(),
        }));
        self.up.clear();
        self.down.clear();
        self.sent.clear();
        self.open = true;
        self.serving = Some(Serving::new(hello, self.view.at.epoch.clone(), "l".to_owned(), self.reach()));
        self.step(Input::Opened);
    }

    fn cut(&mut self) {
        self.serving = None;
        self.up.clear();
        self.down.clear();
        if self.open {
            self.step(Input::Closed { code: None, why: "" });
        }
    }

    fn feed(&mut self, input: Fed) {
        if let Some(serving) = &mut self.serving {
            serving.take(input);
        }
    }

    fn hear(&mut self) {
        let Some(frame) = self.up.pop_front() else { return };
        if let ClientFrame::Sub { sub, since: Some(since), .. } = &frame {
            self.sent.insert(*sub, since.rev);
        }
        self.feed(Fed::Client(frame, Time(0)));
    }

    /// The platform's next frame, with what it needs for that.
    fn say(&mut self) {
        loop {
            let Some(serving) = &mut self.serving else { return };
            match serving.poll() {
                Next::Idle => return,
                Next::Close(..) => {
                    self.serving = None;
                    return;
                }
                Next::Ask(sub, need) => {
                    let input = self.answer(sub, &need);
                    self.feed(input);
                }
                Next::Send(text) => {
                    self.look_at(&text);
                    self.down.push_back(text);
                    return;
                }
            }
        }
    }

    fn answer(&self, sub: u32, need: &Need) -> Fed {
        match *need {
            Need::Objects => {
                let objects = self.view.objects().cloned().collect();
                Fed::Objects { sub, rev: self.view.at.rev, digest: self.view.digest().hex(), objects }
            }
            Need::Changes { after, limit } => {
                let kept = || self.outbox.range(after + 1..).take(limit).map(|(rev, json)| Outbox { rev: *rev, json: Arc::clone(json) });
                Fed::Changes { sub, found: (after >= self.floor).then(|| kept().collect()) }
            }
            _ => Fed::Failed,
        }
    }

    /// I-2, I-3 and I-6 on what is said.
    fn look_at(&mut self, text: &str) {
        match serde_json::from_str(text).unwrap() {
            ServerFrame::SnapBegin { sub, rev } => drop(self.sent.insert(sub, rev)),
            ServerFrame::Ev { sub, rev, .. } => {
                let before = self.sent.insert(sub, rev);
                if before != Some(rev - 1) {
                    self.breaks(format!("transaction {rev} was sent after {before:?}"));
                }
            }
            ServerFrame::Bm { sub, rev, .. } if self.sent.get(&sub) != Some(&rev) => {
                self.breaks(format!("a bookmark says {rev}, and {:?} was sent", self.sent.get(&sub)));
            }
            ServerFrame::Hb { subs, .. } => {
                for it in subs {
                    if self.sent.get(&it.sub) != Some(&it.rev) {
                        self.breaks(format!("a heartbeat says {}, and {:?} was sent", it.rev, self.sent.get(&it.sub)));
                    }
                }
            }
            _ => {}
        }
    }

    /// One transaction over two objects: one is made or changed, the other made or removed.
    fn commit(&mut self) {
        let rev = self.view.at.rev + 1;
        let team = |id: &str| Change::Team(Team { id: TeamId::new(id), name: "a team".into(), members: Vec::new(), rev });
        let other = if self.objects().contains_key("b") { Change::Removed(ObjectRef::Team(TeamId::new("b"))) } else { team("b") };
        let changes = vec![team("a"), other];
        self.view.apply(rev, &changes);
        self.outbox.insert(rev, Arc::from(serde_json::to_string(&changes).unwrap()));
        self.history.insert((self.epoch, rev), self.objects());
        self.feed(Fed::Moved(self.reach()));
    }

    /// A backup of the first transaction: another history.
    fn restore(&mut self) {
        self.cut();
        self.epoch += 1;
        let at = Position { epoch: format!("e{}", self.epoch), rev: 0 };
        self.view = View::new(at, Snapshot::default());
        self.outbox.clear();
        (self.floor, self.ring) = (0, 0);
        self.history.insert((self.epoch, 0), Objects::new());
    }

    fn step(&mut self, input: Input<'_>) {
        for output in self.client.step(Now::default(), input) {
            match output {
                // The state alone.
                Output::Send(ClientFrame::Sub { topic: Topic::Logs { .. } | Topic::Metrics { .. }, .. }) => {}
                Output::Send(frame) => self.up.push_back(frame),
                Output::Emit(Event::Snapshot(all)) => {
                    self.store = *all;
                    if self.client.position().is_none() {
                        self.breaks("a snapshot is shown that is at no place in history".to_owned());
                    }
                }
                Output::Emit(Event::Changed(changes)) => changes.into_iter().for_each(|it| self.store.apply(it)),
                Output::Emit(Event::Link(link)) => self.link = link,
                Output::Emit(_) | Output::Renew => {}
                Output::End(_) => {
                    (self.open, self.serving, self.link) = (false, None, Link::Idle);
                    self.up.clear();
                    self.down.clear();
                }
            }
        }
        self.look_at_client();
    }

    /// I-1, I-4, I-8 and I-9 on what is shown.
    fn look_at_client(&mut self) {
        let shown: Objects = self.store.teams.iter().map(|it| (it.id.to_string(), it.rev)).collect();
        let Some(position) = self.client.position() else {
            if self.link == Link::Live {
                self.breaks("live, and at no place in history".to_owned());
            }
            return;
        };
        let at: (u64, u64) = (position.epoch[1..].parse().unwrap(), position.rev);
        if self.history.get(&at) != Some(&shown) {
            self.breaks(format!("at {at:?} it shows {shown:?}, where the platform had {:?}", self.history.get(&at)));
        }
        if let Some(seen) = self.seen.filter(|seen| seen.0 > at.0 || (seen.0 == at.0 && seen.1 > at.1)) {
            self.breaks(format!("it went back from {seen:?} to {at:?}"));
        }
        self.seen = Some(at);
    }

    /// I-7: with nothing more in the way, two heartbeats bring both together from here.
    fn comes_together(&self) -> bool {
        let mut it = self.clone();
        for _ in 0..4 {
            if !it.open {
                it.connect();
            }
            it.flow();
            it.feed(Fed::Beat(Time(0)));
            it.flow();
            // A hello that never came ends a connection after ten seconds, one that nobody serves after 45.
            if it.serving.is_none() || !it.client.greeted() {
                it.cut();
            }
        }
        it.broken.is_none() && it.link == Link::Live && it.client.digest() == it.view.digest()
    }

    fn flow(&mut self) {
        for _ in 0..200 {
            if let Some(step) = [Step::Deliver, Step::Hear].into_iter().find(|step| self.can(*step)) {
                self.go(step);
            } else {
                let quiet = self.down.len();
                self.say();
                if self.down.len() == quiet {
                    return;
                }
            }
        }
    }
}

struct Delivery;

impl Model for Delivery {
    type State = Printed;
    type Action = Step;

    fn init_states(&self) -> Vec<Printed> {
        let mut state = State::new();
        state.commit();
        let strangers = Printed::of(state.clone());
        // Half of the depth would go into the first meeting: so one search begins before it, and one behind it.
        state.connect();
        state.flow();
        assert_eq!(state.link, Link::Live);
        vec![strangers, Printed::of(state)]
    }

    fn actions(&self, state: &Printed, actions: &mut Vec<Step>) {
        // What has broken a promise is found; nothing that follows from it matters.
        if state.0.broken.is_some() {
            return;
        }
        let usual = [Step::Connect, Step::Hear, Step::Say, Step::Deliver, Step::Beat, Step::Commit];
        actions.extend(usual.into_iter().chain(FAULTY).filter(|step| state.0.can(*step)));
    }

    fn next_state(&self, state: &Printed, step: Step) -> Option<Printed> {
        let mut next = (*state.0).clone();
        next.go(step);
        let next = Printed::of(next);
        (next.1 != state.1).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no promise is broken", |_, state: &Printed| state.0.broken.is_none()),
            // Asked where all that may break has broken: what is true there was true on the way there.
            Property::always("both come together", |_, state: &Printed| state.0.left[1] > 0 || state.0.comes_together()),
            Property::sometimes("live after two faults", |_, state: &Printed| state.0.left[1] == 0 && state.0.link == Link::Live),
            Property::sometimes("two histories", |_, state: &Printed| state.0.epoch > 1 && state.0.seen.is_some_and(|it| it.0 > 1)),
        ]
    }
}

#[test]
fn in_every_order_of_events_the_two_machines_keep_the_promises_of_the_stream() {
    let began = std::time::Instant::now();
    let depth = std::env::var("TRACKSIDE_MODEL_DEPTH").ok().and_then(|it| it.parse().ok()).unwrap_or(DEPTH);
    let threads = std::env::var("TRACKSIDE_SIM_THREADS").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    let found = Delivery.checker().threads(threads).target_max_depth(depth).spawn_bfs().join();
    println!("{} states to depth {}, {:?}", found.unique_state_count(), found.max_depth(), began.elapsed());
    assert!(found.max_depth() >= 10);
    found.assert_properties();
    let states = format!("{} to depth {}, twice", found.unique_state_count(), found.max_depth());
    crate::figures::keep("states of the model, each in every order of events", states, "depth 14");
}
