//! All that is kept, as readers see it: closed segments, the one being filled, and what is in memory. No I/O of its own but removal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::format::Source;
use super::segment::{Block, Segment, Summary};
use crate::model::time::Time;

/// Recent bytes kept in memory, so that following and short pages read no file.
const HOT_BYTES: usize = 8 * 1024 * 1024;

/// What is kept.
#[derive(Debug)]
pub struct Shelf {
    pub closed: VecDeque<Arc<Segment>>,
    pub filling: Option<Filling>,
    /// Newest offset given away.
    pub head: u64,
    hot: VecDeque<Hot>,
    hot_bytes: usize,
    block_bytes: usize,
}

/// The segment that grows, and its last block.
#[derive(Debug)]
pub struct Filling {
    pub segment: Segment,
    open: Vec<u8>,
    summary: Option<Summary>,
    /// Offset and place of each frame in `open`.
    frames: Vec<(u64, usize)>,
}

#[derive(Debug)]
struct Hot {
    segment: Arc<std::sync::atomic::AtomicBool>,
    block: Arc<Block>,
}

impl Shelf {
    pub fn new(closed: VecDeque<Arc<Segment>>, head: u64, block_bytes: usize) -> Self {
        Self { closed, filling: None, head, hot: VecDeque::new(), hot_bytes: 0, block_bytes }
    }

    /// The oldest offset kept; one past the newest when nothing is.
    pub fn floor(&self) -> u64 {
        let filling = || self.filling.as_ref().and_then(Filling::first);
        self.closed.iter().find_map(|it| it.first()).or_else(filling).unwrap_or(self.head + 1)
    }

    /// Bytes of all segments, whether on disk or waiting for it.
    pub fn bytes(&self) -> u64 {
        self.closed.iter().map(|it| it.bytes).sum::<u64>() + self.filling.as_ref().map_or(0, |it| it.segment.bytes)
    }

    /// Begins a segment to fill; the old one is closed.
    pub fn roll(&mut self, next: Segment) {
        self.close();
        self.filling = Some(Filling { segment: next, open: Vec::new(), summary: None, frames: Vec::new() });
    }

    /// Closes the segment that grows.
    pub fn close(&mut self) {
        self.seal();
        if let Some(old) = self.filling.take()
            && !old.segment.blocks.is_empty()
        {
            self.closed.push_back(Arc::new(old.segment));
        }
    }

    /// Makes a frame visible.
    pub fn publish(&mut self, frame: &[u8], summary: Summary, new_sources: &[Source]) {
        let Some(filling) = &mut self.filling else { return };
        if !new_sources.is_empty() {
            Arc::make_mut(&mut filling.segment.sources).extend_from_slice(new_sources);
        }
        self.head = self.head.max(summary.last);
        filling.frames.push((summary.first, filling.open.len()));
        filling.open.extend_from_slice(frame);
        filling.segment.bytes += frame.len() as u64;
        Summary::join(&mut filling.summary, summary);
        if filling.open.len() >= self.block_bytes {
            self.seal();
        }
    }

    /// Closes the block that grows.
    fn seal(&mut self) {
        let Some(filling) = &mut self.filling else { return };
        let Some(block) = filling.block(0) else { return };
        filling.open.clear();
        filling.frames.clear();
        filling.summary = None;
        filling.segment.blocks.push(Arc::clone(&block));
        self.hot_bytes += block.len;
        self.hot.push_back(Hot { segment: Arc::clone(&filling.segment.stored), block });
        self.cool();
    }

    /// Lets go of the bytes of old blocks, but never of those no file holds.
    fn cool(&mut self) {
        while self.hot_bytes > HOT_BYTES {
            let Some(oldest) = self.hot.front() else { return };
            let gone = Arc::strong_count(&oldest.block) == 1;
            if !gone && !oldest.segment.load(Ordering::Acquire) {
                return;
            }
            oldest.block.cool();
            self.hot_bytes -= oldest.block.len;
            self.hot.pop_front();
        }
    }

    /// Takes out what is over the bounds, oldest first.
    pub fn evict(&mut self, max_bytes: u64, oldest: Time, max_unwritten: u64) -> Vec<Arc<Segment>> {
        let mut gone = Vec::new();
        while let Some(first) = self.closed.front() {
            if self.bytes() <= max_bytes && first.to().is_none_or(|to| to >= oldest) {
                break;
            }
            gone.extend(self.closed.pop_front());
        }
        let mut unwritten: u64 = self.unwritten().iter().map(|it| it.bytes).sum();
        while unwritten > max_unwritten
            && let Some(place) = self.closed.iter().position(|it| !it.is_stored())
        {
            let Some(first) = self.closed.remove(place) else { break };
            unwritten -= first.bytes;
            gone.push(first);
        }
        gone
    }

    /// Puts `new` in the place of the closed segments `old`.
    pub fn replace(&mut self, old: std::ops::RangeInclusive<usize>, new: Segment) {
        let at = *old.start();
        self.closed.drain(old);
        self.closed.insert(at, Arc::new(new));
    }

    /// Segments that no file holds.
    pub fn unwritten(&self) -> Vec<Arc<Segment>> {
        self.closed.iter().filter(|it| !it.is_stored()).cloned().collect()
    }

    /// What holds offsets after `off`, to read without holding a lock.
    pub fn view(&self, off: u64) -> Vec<Arc<Segment>> {
        let skip = self.closed.partition_point(|it| it.last().is_none_or(|last| last <= off));
        let mut all: Vec<_> = self.closed.iter().skip(skip).cloned().collect();
        all.extend(self.filling.as_ref().and_then(|it| it.view(off)).map(Arc::new));
        all
    }
}

impl Filling {
    fn first(&self) -> Option<u64> {
        self.segment.first().or_else(|| self.summary.as_ref().map(|it| it.first))
    }

    /// When its oldest line was written.
    pub fn from(&self) -> Option<Time> {
        self.segment.blocks.first().map(|it| it.summary.from).or_else(|| self.summary.as_ref().map(|it| it.from))
    }

    /// The open block as one to read, from the frame that holds the offset after `off`.
    fn block(&self, off: u64) -> Option<Arc<Block>> {
        let summary = self.summary.clone()?;
        if summary.last <= off {
            return None;
        }
        let frame = self.frames.partition_point(|it| it.0 <= off + 1).saturating_sub(1);
        let place = self.frames.get(frame)?.1;
        let bytes = &self.open[place..];
        let at = self.segment.bytes - bytes.len() as u64;
        Some(Arc::new(Block::new(summary, at, bytes.len(), Some(bytes.into()))))
    }

    fn view(&self, off: u64) -> Option<Segment> {
        let skip = self.segment.blocks.partition_point(|it| it.summary.last <= off);
        let mut blocks: Vec<_> = self.segment.blocks.iter().skip(skip).cloned().collect();
        blocks.extend(self.block(off));
        let old = &self.segment;
        let (sources, stored) = (Arc::clone(&old.sources), Arc::clone(&old.stored));
        (!blocks.is_empty()).then(|| Segment { path: old.path.clone(), sources, blocks, bytes: old.bytes, stored })
    }
}
