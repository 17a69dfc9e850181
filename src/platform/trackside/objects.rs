//! Class A on the client's side: all objects, none lost, none twice, in order; and a snapshot whenever that cannot be proved.

use super::held::Held;
use super::read::{Unread, Whole};
use super::turn::{Counters, Ending, Turn};
use crate::model::event::{Change, Event, Snapshot};
use crate::seeded::bug;
use crate::wire::digest::Digest;
use crate::wire::stream::{ClientFrame, Hello, Position, SubPosition, Topic};

/// Bytes of one snapshot: twice what REST may answer. More is a broken or hostile peer.
const MAX_SNAPSHOT: usize = 64 * 1024 * 1024;
/// Snapshots that may fail one after the other before the connection is given up.
const MAX_BAD: u32 = 3;

/// The subscription to the state.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    sub: Option<u32>,
    /// Frames taken in on this subscription.
    n: u64,
    /// The place in history of what the program holds.
    position: Option<Position>,
    epoch: String,
    phase: Phase,
    /// Complete only once this revision is reached.
    goal: u64,
    /// Resumed since the last heartbeat that agreed: the next gap takes a snapshot.
    mended: bool,
    bad: u32,
    /// Heartbeats one after the other that did not name our subscription.
    unnamed: u32,
    held: Held,
    /// A comparison that waits until we have come as far.
    check: Option<(u64, Digest)>,
}

#[derive(Clone, Debug, Default)]
enum Phase {
    #[default]
    Idle,
    /// Subscribed, nothing has come. `beats`: heartbeats since.
    Waiting {
        beats: u32,
    },
    Building(Box<Building>),
    Following,
}

/// A snapshot built aside: nothing of it is shown before all of it has come.
#[derive(Clone, Debug, Default)]
struct Building {
    rev: u64,
    snapshot: Snapshot,
    held: Held,
    count: u64,
    digest: Digest,
    /// Objects so broken that the digest cannot be computed.
    nameless: bool,
    bytes: usize,
    /// Items came since the last heartbeat.
    moves: bool,
}

impl Objects {
    /// The number of its subscription.
    pub const fn sub(&self) -> Option<u32> {
        self.sub
    }

    /// The place in history of what the program holds.
    pub const fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// The digest of what the program holds.
    pub const fn digest(&self) -> Digest {
        self.held.digest()
    }

    /// Whether what the program holds is complete, as far as anybody told us.
    pub fn complete(&self) -> bool {
        matches!(self.phase, Phase::Following) && self.position.as_ref().is_some_and(|it| it.rev >= self.goal)
    }

    /// The program holds `whole`, from elsewhere (a poll).
    pub fn adopt(&mut self, whole: &Whole) {
        self.position = Some(whole.position.clone());
        self.held = Held::of_whole(whole);
    }

    /// What is held can no longer be gone on from.
    pub fn forget(&mut self) {
        self.position = None;
    }

    /// A new connection: resumes where we are if the server can, else begins anew.
    pub fn begin(&mut self, hello: &Hello, turn: &mut Turn) {
        self.epoch.clone_from(&hello.epoch);
        self.bad = 0;
        self.mended = false;
        self.check = None;
        let Some(position) = self.position.clone() else { return self.anew(turn) };
        if position.epoch != hello.epoch {
            turn.notice("the platform's history began anew: everything is read again");
            return self.anew(turn);
        }
        if position.rev < hello.floor || position.rev > hello.head {
            return self.anew(turn);
        }
        self.goal = hello.head;
        self.resume(position, turn);
    }

    fn resume(&mut self, from: Position, turn: &mut Turn) {
        self.leave(turn);
        let sub = turn.number();
        (self.sub, self.n, self.phase, self.unnamed) = (Some(sub), 0, Phase::Following, 0);
        turn.send(ClientFrame::Sub { sub, topic: Topic::State, since: Some(from) });
    }

    fn anew(&mut self, turn: &mut Turn) {
        self.leave(turn);
        let sub = turn.number();
        (self.sub, self.n, self.phase, self.goal) = (Some(sub), 0, Phase::Waiting { beats: 0 }, 0);
        turn.send(ClientFrame::Sub { sub, topic: Topic::State, since: None });
    }

    fn leave(&mut self, turn: &mut Turn) {
        if let Some(sub) = self.sub.take() {
            turn.send(ClientFrame::Unsub { sub });
        }
    }

    /// The connection is gone; what is held stays.
    pub fn cut(&mut self) {
        self.sub = None;
        self.phase = Phase::Idle;
    }

    /// The server cannot serve our place in history.
    pub fn refused(&mut self, turn: &mut Turn) {
        if self.position.is_none() {
            // We asked for no place: asking again at once would be answered the same, for ever.
            return turn.end(Ending::lost("the platform gives no snapshot"));
        }
        self.gone(turn);
    }

    /// Our place in history is worth nothing: begins anew.
    fn gone(&mut self, turn: &mut Turn) {
        self.position = None;
        self.anew(turn);
    }

    /// Frames up to `goal` are missing: ask for them once, and for everything if that did not help.
    fn mend(&mut self, goal: u64, turn: &mut Turn, counters: &mut Counters) {
        counters.gaps += 1;
        match self.position.clone() {
            Some(position) if !self.mended => {
                self.mended = true;
                self.goal = self.goal.max(goal);
                counters.resumes += 1;
                self.resume(position, turn);
            }
            _ => self.anew(turn),
        }
    }

    fn bad_snapshot(&mut self, why: &str, turn: &mut Turn, counters: &mut Counters) {
        counters.bad_snapshots += 1;
        self.bad += 1;
        if self.bad >= MAX_BAD {
            return turn.end(Ending::lost(&format!("the platform's snapshots do not hold together: {why}")));
        }
        self.anew(turn);
    }

    /// `snap_begin`
    pub fn snap_begin(&mut self, rev: u64) {
        self.phase = Phase::Building(Box::new(Building { rev, moves: true, ..Building::default() }));
    }

    /// `item`
    pub fn item(&mut self, obj: Result<Change, Unread>, bytes: usize, turn: &mut Turn, counters: &mut Counters) {
        let Phase::Building(building) = &mut self.phase else {
            return self.bad_snapshot("its beginning is missing", turn, counters);
        };
        building.take(obj, bytes, counters);
        if bug("partial_snapshot") {
            turn.emit(Event::Snapshot(Box::new(building.snapshot.clone())));
        }
        if building.bytes > MAX_SNAPSHOT {
            turn.end(Ending::lost("the platform's snapshot is too large"));
        }
    }

    /// `snap_end`: the one moment at which a snapshot becomes what is shown.
    pub fn snap_end(&mut self, rev: u64, count: u64, digest: &str, turn: &mut Turn, counters: &mut Counters) {
        let Phase::Building(building) = std::mem::take(&mut self.phase) else {
            return self.bad_snapshot("its beginning is missing", turn, counters);
        };
        let fits = building.nameless || building.digest.hex() == digest;
        if building.rev != rev || building.count != count || !fits {
            return self.bad_snapshot("count or digest do not fit", turn, counters);
        }
        counters.snapshots += 1;
        self.bad = 0;
        self.phase = Phase::Following;
        self.position = Some(Position { epoch: self.epoch.clone(), rev });
        self.goal = rev;
        self.held = building.held;
        self.held.mark(rev);
        turn.emit(Event::Snapshot(Box::new(building.snapshot)));
    }

    /// `ev`: taken in whole, or not at all.
    pub fn ev(&mut self, n: u64, rev: u64, changes: Vec<Result<Change, Unread>>, turn: &mut Turn, counters: &mut Counters) {
        if !matches!(self.phase, Phase::Following) {
            return self.bad_snapshot("its end is missing", turn, counters);
        }
        if n <= self.n {
            counters.duplicates += 1;
            return;
        }
        if n > self.n + 1 {
            return self.mend(rev, turn, counters);
        }
        let at = self.position.as_ref().map_or(0, |it| it.rev);
        if rev <= at {
            // Our place was said to be further than what was sent: going on from there would leave out what comes only now.
            counters.backwards += 1;
            return self.gone(turn);
        }
        self.n = n;
        self.take(changes, turn, counters);
        self.advance(rev, turn, counters);
    }

    fn take(&mut self, changes: Vec<Result<Change, Unread>>, turn: &mut Turn, counters: &mut Counters) {
        let mut good = Vec::with_capacity(changes.len());
        let mut recount = false;
        for change in changes {
            match change {
                Ok(change) => {
                    recount |= self.held.put(&change);
                    good.push(change);
                }
                Err(unread) => {
                    counters.unknown += u64::from(!unread.is_known_kind());
                    recount |= self.held.put_unread(&unread);
                }
            }
        }
        if !good.is_empty() {
            turn.emit(Event::Changed(good));
        }
        if recount {
            // How many objects are unreadable is said by snapshots only; the old version of one must not pass for the new.
            self.gone(turn);
        }
    }

    fn advance(&mut self, rev: u64, turn: &mut Turn, counters: &mut Counters) {
        if let Some(position) = &mut self.position {
            position.rev = rev;
        }
        self.held.mark(rev);
        self.compare(turn, counters);
    }

    /// `bm`
    pub fn bm(&mut self, n: u64, rev: u64, turn: &mut Turn, counters: &mut Counters) {
        if !matches!(self.phase, Phase::Following) {
            return self.bad_snapshot("its end is missing", turn, counters);
        }
        if n <= self.n {
            counters.duplicates += 1;
            return;
        }
        if n > self.n + 1 {
            return self.mend(rev, turn, counters);
        }
        self.n = n;
        self.reach(rev, turn, counters);
    }

    /// Everything up to `rev` is here.
    fn reach(&mut self, rev: u64, turn: &mut Turn, counters: &mut Counters) {
        if self.position.as_ref().is_some_and(|it| it.rev < rev) {
            self.advance(rev, turn, counters);
        }
    }

    /// Our line of a heartbeat. Shows what was lost just before a silence.
    pub fn beat(&mut self, beat: SubPosition, turn: &mut Turn, counters: &mut Counters) {
        self.unnamed = 0;
        match &mut self.phase {
            Phase::Idle => {}
            Phase::Waiting { beats } => {
                *beats += 1;
                if *beats > 1 {
                    self.bad_snapshot("it never began", turn, counters);
                }
            }
            Phase::Building(building) => {
                if !std::mem::take(&mut building.moves) {
                    self.bad_snapshot("its end never came", turn, counters);
                }
            }
            Phase::Following if beat.n > self.n => self.mend(beat.rev, turn, counters),
            // A heartbeat that was made before the last frames, and sent after them.
            Phase::Following if beat.n < self.n => {}
            Phase::Following => {
                self.reach(beat.rev, turn, counters);
                self.mended = false;
            }
        }
    }

    /// A heartbeat without our line. The first may have been made before we were heard; after that, nobody serves us, and the frame
    /// that said so was lost.
    pub fn unnamed(&mut self, turn: &mut Turn, counters: &mut Counters) {
        self.unnamed += 1;
        if matches!(self.phase, Phase::Following) && self.unnamed > 1 {
            self.mend(0, turn, counters);
        }
    }

    /// The platform's digest at a place in history, to be compared with ours.
    pub fn check(&mut self, whole: &Whole, turn: &mut Turn, counters: &mut Counters) {
        if whole.position.epoch == self.epoch {
            self.check = Some((whole.position.rev, Held::of_whole(whole).digest()));
            self.compare(turn, counters);
        }
    }

    fn compare(&mut self, turn: &mut Turn, counters: &mut Counters) {
        // While the snapshot of a history that began anew is awaited, what is held is of the one before.
        let Some(at) = self.position.as_ref().filter(|it| it.epoch == self.epoch).map(|it| it.rev) else { return };
        let Some((rev, theirs)) = self.check.take_if(|it| it.0 <= at) else { return };
        let Some(ours) = self.held.digest_at(rev) else { return };
        if ours != theirs {
            counters.mismatches += 1;
            turn.notice("what is shown differed from what the platform holds: everything is read again");
            self.gone(turn);
        }
    }
}

impl Building {
    fn take(&mut self, obj: Result<Change, Unread>, bytes: usize, counters: &mut Counters) {
        self.count += 1;
        self.bytes += bytes;
        self.moves = true;
        match obj {
            Ok(change) => {
                if let Some(rev) = change.rev() {
                    self.digest.add(&change.object(), rev);
                }
                if self.held.has(&change) {
                    self.snapshot.apply(change);
                } else {
                    self.held.put(&change);
                    push(&mut self.snapshot, change);
                }
            }
            Err(unread) => {
                match (&unread.id, unread.rev) {
                    (Some(id), Some(rev)) => self.digest.add_named(&unread.kind, id, rev),
                    _ => self.nameless = true,
                }
                self.held.put_unread(&unread);
                if unread.is_known_kind() {
                    *self.snapshot.unreadable.entry(unread.kind).or_default() += 1;
                } else {
                    counters.unknown += 1;
                }
            }
        }
    }
}

/// Adds an object that is not there yet; `apply` would search for it among all the others.
fn push(snapshot: &mut Snapshot, change: Change) {
    match change {
        Change::Team(it) => snapshot.teams.push(it),
        Change::Project(it) => snapshot.projects.push(it),
        Change::Service(it) => snapshot.services.push(it),
        Change::Deployment(it) => snapshot.deployments.push(it),
        Change::Incident(it) => snapshot.incidents.push(it),
        Change::Audit(it) => snapshot.audit.push(it),
        Change::Removed(_) => {}
    }
}
