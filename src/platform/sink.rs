//! The way of a source's events into the program: bounded, and honest about what it had to leave out.
//!
//! Facts about the state wait for room, which slows the source down; they are never dropped. Log lines do not
//! wait: they are held aside, and when too many are, the oldest go and a gap says how many. Metrics are replaced by newer ones.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::model::event::Event;
use crate::model::ids::{ServiceId, SourceId};
use crate::model::log::{GapReason, LogGap, LogLine};
use crate::model::metric::MetricPoint;

/// Lines held while the program is busy: some seconds of a heavy flood.
pub const HELD_LINES: usize = 20_000;
/// Bytes of text among them, so that long lines do not make it a large number.
pub const HELD_BYTES: usize = 8 * 1024 * 1024;
/// Lines handed over at once.
const BATCH: usize = 512;

/// Sends one source's events into lane 2. A source can never outrun the program.
#[derive(Clone, Debug)]
pub struct Sink {
    id: SourceId,
    lane: mpsc::Sender<(SourceId, Event)>,
    held: Arc<Mutex<Held>>,
}

/// What waits for room.
#[derive(Debug, Default)]
struct Held {
    /// Lines, gaps and restarts of the log in their order.
    logs: VecDeque<Piece>,
    lines: usize,
    bytes: usize,
    /// What was dropped, all of it older than `logs`.
    lost: Option<LogGap>,
    /// A restart of the log that was passed while dropping, with what had been dropped before it.
    restart: Option<(String, Option<LogGap>)>,
    metrics: BTreeMap<(ServiceId, u16), MetricPoint>,
    /// A task hands them over.
    emptying: bool,
}

#[derive(Debug)]
enum Piece {
    Line(LogLine),
    Gap(LogGap),
    Restart(String),
}

impl Sink {
    /// A sink for the source `id` into `lane`.
    pub fn new(id: SourceId, lane: mpsc::Sender<(SourceId, Event)>) -> Self {
        Self { id, lane, held: Arc::default() }
    }

    /// Sends `event`; false when the program has gone. Waits for room only with what must not be lost.
    pub async fn send(&self, event: Event) -> bool {
        match event {
            Event::Logs(_) | Event::LogGap(_) | Event::LogRestart { .. } | Event::Metrics(_) => self.spill(event),
            // Only ever the newest counts, and the facts that fill the lane say the same: it was heard from.
            Event::Heard { .. } => !matches!(self.lane.try_send((self.id, event)), Err(TrySendError::Closed(_))),
            event => self.lane.send((self.id, event)).await.is_ok(),
        }
    }

    /// Sends without waiting; what finds no room is held.
    fn spill(&self, event: Event) -> bool {
        let mut held = self.held();
        let event = if held.emptying {
            event
        } else {
            match self.lane.try_send((self.id, event)) {
                Ok(()) => return true,
                Err(TrySendError::Closed(_)) => return false,
                Err(TrySendError::Full((_, event))) => event,
            }
        };
        held.put(event);
        if !std::mem::replace(&mut held.emptying, true) {
            tokio::spawn(self.clone().empty());
        }
        !self.lane.is_closed()
    }

    /// Hands over what is held, piece by piece, as room comes.
    async fn empty(self) {
        loop {
            let Ok(room) = self.lane.reserve().await else { return };
            let mut held = self.held();
            let Some(event) = held.take() else {
                held.emptying = false;
                return;
            };
            room.send((self.id, event));
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn put(&mut self, event: Event) {
        match event {
            Event::Logs(lines) => {
                self.lines += lines.len();
                self.bytes += lines.iter().map(|it| it.text.len()).sum::<usize>();
                self.logs.extend(lines.into_iter().map(Piece::Line));
            }
            Event::LogGap(gap) => self.logs.push_back(Piece::Gap(gap)),
            Event::LogRestart { epoch } => self.logs.push_back(Piece::Restart(epoch)),
            Event::Metrics(points) => {
                self.metrics.extend(points.into_iter().map(|it| ((it.service.clone(), it.replica), it)));
            }
            _ => {}
        }
        while self.lines > HELD_LINES || self.bytes > HELD_BYTES || self.logs.len() > 2 * HELD_LINES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        match self.logs.pop_front() {
            Some(Piece::Line(line)) => {
                self.lines -= 1;
                self.bytes -= line.text.len();
                self.lose(LogGap { offs: line.off..=line.off, count: 1, from: line.at, to: line.at, reason: GapReason::Local });
            }
            Some(Piece::Gap(gap)) => self.lose(gap),
            // Offsets on both sides of it belong to different logs, so each side keeps its own loss.
            Some(Piece::Restart(epoch)) => {
                if let Some((_, Some(earlier))) = self.restart.take() {
                    self.lose(earlier);
                }
                self.restart = Some((epoch, self.lost.take()));
            }
            None => {}
        }
    }

    fn lose(&mut self, gap: LogGap) {
        let Some(lost) = &mut self.lost else {
            self.lost = Some(LogGap { reason: GapReason::Local, ..gap });
            return;
        };
        lost.offs = span(&lost.offs, &gap.offs);
        lost.count += gap.count;
        lost.from = lost.from.min(gap.from);
        lost.to = lost.to.max(gap.to);
    }

    /// The next piece to hand over: what was lost stands before what was kept.
    fn take(&mut self) -> Option<Event> {
        if let Some((epoch, lost)) = self.restart.take() {
            let Some(lost) = lost else { return Some(Event::LogRestart { epoch }) };
            self.restart = Some((epoch, None));
            return Some(Event::LogGap(lost));
        }
        if let Some(lost) = self.lost.take() {
            return Some(Event::LogGap(lost));
        }
        match self.logs.pop_front() {
            None => {}
            Some(Piece::Gap(gap)) => return Some(Event::LogGap(gap)),
            Some(Piece::Restart(epoch)) => return Some(Event::LogRestart { epoch }),
            Some(Piece::Line(line)) => return Some(Event::Logs(self.batch(line))),
        }
        let points: Vec<MetricPoint> = std::mem::take(&mut self.metrics).into_values().collect();
        (!points.is_empty()).then_some(Event::Metrics(points))
    }

    fn batch(&mut self, first: LogLine) -> Vec<LogLine> {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Some(Piece::Line(_)) = self.logs.front()
        {
            let Some(Piece::Line(line)) = self.logs.pop_front() else { break };
            batch.push(line);
        }
        self.lines -= batch.len();
        self.bytes -= batch.iter().map(|it| it.text.len()).sum::<usize>();
        batch
    }
}

fn span(a: &RangeInclusive<u64>, b: &RangeInclusive<u64>) -> RangeInclusive<u64> {
    *a.start().min(b.start())..=*a.end().max(b.end())
}
