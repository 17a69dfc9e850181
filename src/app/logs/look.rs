//! A look aside: one line of a filtered view among all lines of the scope, and back to where one was.

use super::aside::Aside;
use super::intake::Logs;
use super::line::Seq;

impl Logs {
    /// Shows the line the reader stands on among the lines that filters hide. `false`: no filter hides any.
    pub fn look_around(&mut self) -> bool {
        let Some(at) = self.cursor().filter(|_| self.aside.is_none() && self.filter.is_narrow()) else { return false };
        self.look_aside(at);
        true
    }

    /// Shows line `seq` among the lines that filters hide.
    pub(super) fn look_aside(&mut self, seq: Seq) {
        if self.aside.is_none() {
            let narrow = self.filter.take_narrow();
            self.aside = Some(Aside { narrow, cursor: self.view.cursor, top: self.view.top, follow: self.view.follow });
            self.refiltered();
        }
        self.centre(seq);
    }

    /// Whether filters are off for a look around.
    pub const fn is_aside(&self) -> bool {
        self.aside.is_some()
    }

    /// Back to the filters and the place from where one looked aside. `false`: one did not.
    pub fn come_back(&mut self) -> bool {
        let Some(it) = self.aside.take() else { return false };
        self.filter.put_narrow(it.narrow);
        self.view.follow = it.follow;
        self.view.cursor = it.cursor;
        self.view.top = it.top;
        self.refiltered();
        true
    }
}
