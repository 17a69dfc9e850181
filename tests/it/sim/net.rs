//! A network in memory: one byte pipe a direction with delay, window and bandwidth, and every way in which a real one fails.
//!
//! Nothing waits here: an end that has nothing to give says `WouldBlock`, and time is what the run says it is.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::rc::Rc;

/// Chance, the same for the same seed: `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, without it.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1) as u64) as i64
    }

    /// True in so many of a thousand cases.
    pub const fn chance(&mut self, of_thousand: u64) -> bool {
        self.below(1000) < of_thousand
    }
}

/// What a place between the two sides does to a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// Nothing passes; what is sent waits.
    pub held: bool,
    /// Milliseconds on the way.
    pub delay: i64,
    /// Bytes a millisecond; 0: no limit.
    pub rate: usize,
}

/// What may be under way on an ordinary connection, in bytes.
pub const ROOMY: usize = 256 * 1024;

/// Calm weather.
pub const FAIR: Weather = Weather { held: false, delay: 20, rate: 0 };

#[derive(Debug)]
struct Lane {
    weather: Weather,
    /// Pieces under way, with the time at which they arrive.
    pieces: VecDeque<(i64, Vec<u8>)>,
    bytes: usize,
    /// What may be under way before the sender has to wait.
    window: usize,
    /// Bytes that may still be read now, where the rate is limited.
    budget: usize,
    /// After so many bytes more the connection is reset.
    fuse: Option<usize>,
    /// The sender has gone, and that arrives then.
    end: Option<i64>,
    /// The sender's machine has gone without a word.
    orphan: bool,
}

impl Lane {
    const fn new(window: usize) -> Self {
        let pieces = VecDeque::new();
        Self { weather: FAIR, pieces, bytes: 0, window, budget: 0, fuse: None, end: None, orphan: false }
    }
}

/// A connection. `lanes[0]` leads up to the platform, `lanes[1]` down to the client.
#[derive(Debug)]
pub struct Wire {
    now: i64,
    lanes: [Lane; 2],
    reset: bool,
}

/// Both ends hold it, and so does the network.
pub type Shared = Rc<RefCell<Wire>>;

impl Wire {
    /// A new one; `window` is the room of the way down.
    pub fn open(now: i64, window: usize) -> Shared {
        Rc::new(RefCell::new(Self { now, lanes: [Lane::new(16 * 1024), Lane::new(window)], reset: false }))
    }

    /// Time goes by, in the weather of both directions.
    pub fn pass(&mut self, now: i64, weather: [Weather; 2]) {
        let step = (now - self.now) as usize;
        self.now = now;
        for (lane, weather) in self.lanes.iter_mut().zip(weather) {
            lane.weather = weather;
            // What is on its way arrives with the new weather at the latest.
            for piece in &mut lane.pieces {
                piece.0 = piece.0.min(now + weather.delay);
            }
            lane.budget = weather.rate * step;
        }
    }

    /// The way down takes so much at once from now on.
    pub const fn widen(&mut self, window: usize) {
        self.lanes[1].window = window;
    }

    /// Both sides hear that the connection is broken.
    pub const fn reset(&mut self) {
        self.reset = true;
    }

    /// It breaks after so many bytes more on the way down, wherever in a frame that is.
    pub const fn cut_after(&mut self, bytes: usize) {
        self.lanes[1].fuse = Some(bytes);
    }

    /// The machine of the platform is gone: nobody says so.
    pub const fn vanish(&mut self) {
        self.lanes[1].orphan = true;
    }

    fn way_is_free(&self) -> bool {
        self.lanes.iter().all(|it| !it.weather.held)
    }
}

/// One end. Dropping it says goodbye, as the kernel does for a process that ends.
#[derive(Debug)]
pub struct End {
    wire: Shared,
    /// The lane it writes on.
    out: usize,
}

impl End {
    pub fn both(wire: &Shared) -> (Self, Self) {
        (Self { wire: Rc::clone(wire), out: 0 }, Self { wire: Rc::clone(wire), out: 1 })
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut wire = self.wire.borrow_mut();
        let now = wire.now;
        let lane = &mut wire.lanes[self.out];
        lane.end = Some(now + lane.weather.delay);
    }
}

impl Read for End {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let mut wire = self.wire.borrow_mut();
        let now = wire.now;
        let lane = &mut wire.lanes[1 - self.out];
        if lane.fuse == Some(0) {
            wire.reset = true;
        }
        if wire.reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let lane = &mut wire.lanes[1 - self.out];
        if lane.weather.held || (lane.weather.rate > 0 && lane.budget == 0) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let Some((_, piece)) = lane.pieces.front_mut().filter(|it| it.0 <= now) else {
            let over = lane.pieces.is_empty() && !lane.orphan && lane.end.is_some_and(|it| it <= now);
            return if over { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        };
        let rate = if lane.weather.rate > 0 { lane.budget } else { usize::MAX };
        let count = into.len().min(piece.len()).min(rate).min(lane.fuse.unwrap_or(usize::MAX));
        into[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if piece.is_empty() {
            lane.pieces.pop_front();
        }
        lane.bytes -= count;
        lane.budget = lane.budget.saturating_sub(count);
        lane.fuse = lane.fuse.map(|it| it - count);
        Ok(count)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut wire = self.wire.borrow_mut();
        let now = wire.now;
        // A machine that knows nothing of this connection answers with a reset, if question and answer get through.
        let stranger = wire.lanes[1 - self.out].end.is_some_and(|it| it <= now);
        if stranger && wire.way_is_free() {
            wire.reset = true;
        }
        if wire.reset {
            return Err(Error::from(ErrorKind::ConnectionReset));
        }
        let lane = &mut wire.lanes[self.out];
        let count = bytes.len().min(lane.window.saturating_sub(lane.bytes));
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        // In order, whatever the weather does.
        let at = lane.pieces.back().map_or(0, |it| it.0).max(now + lane.weather.delay);
        lane.pieces.push_back((at, bytes[..count].to_vec()));
        lane.bytes += count;
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
