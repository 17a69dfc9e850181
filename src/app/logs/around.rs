//! What is around the reader is brought to hand after each message, so that a frame neither unpacks nor takes lines apart.

use super::intake::Logs;
use super::line::Seq;

impl Logs {
    /// Brings the lines on the screen to hand, and those of a page above and below. While it follows there is nothing to bring: the newest
    /// lines are never packed away, and hardly one of them is drawn twice.
    pub fn bring_near(&mut self) {
        let top = if self.view.follow { None } else { self.top_spot() };
        let mut wanted: Vec<Seq> = Vec::new();
        if let Some(top) = top {
            let height = self.view.height;
            wanted.reserve(3 * height);
            wanted.push(top.seq);
            let below = std::iter::successors(self.shown_from(top.seq.plus(1)), |it| self.shown_from(it.plus(1)));
            wanted.extend(below.take(2 * height));
            let above = std::iter::successors(self.shown_before(top.seq), |it| self.shown_before(*it));
            wanted.extend(above.take(height));
        }
        self.store.bring(&wanted);
    }
}
