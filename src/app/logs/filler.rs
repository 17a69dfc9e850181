//! Lines put into new blocks, one after another: what a stretch of the store becomes when others are put among its lines.

use super::block::Block;
use super::line::{Note, Seq};
use super::record::Head;
use super::sgr::InkSpan;

/// Fills blocks one after another.
pub struct Filler {
    size: usize,
    epoch: u32,
    blocks: Vec<Block>,
}

impl Filler {
    /// Nothing yet, for blocks of `size`.
    pub const fn new(size: usize, epoch: u32) -> Self {
        Self { size, epoch, blocks: Vec::new() }
    }

    /// Puts a line at the end.
    pub fn put(&mut self, head: &Head, text: &str, inks: &[InkSpan], note: Option<Note>) {
        if !self.blocks.last().is_some_and(|it| it.fits(text.len(), self.size)) {
            if let Some(full) = self.blocks.last_mut() {
                full.close();
            }
            self.blocks.push(Block::new(Seq::FIRST, self.epoch));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(head, text, inks, note);
        }
    }

    /// The blocks.
    pub fn done(self) -> Vec<Block> {
        self.blocks
    }
}
