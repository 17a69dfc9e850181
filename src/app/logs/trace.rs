//! Following a request through all services, and the way back to where the reader was.

use super::aside::Aside;
use super::intake::Logs;
use super::trail::Trail;

impl Logs {
    /// Takes all filters off and remembers where the reader is; the caller widens the scope and filters by the id.
    pub fn set_out(&mut self, name: String, id: String) {
        // Where the reader stands is known as long as it is known what is shown.
        let (cursor, top, follow) = (self.cursor().unwrap_or_default(), self.view.top, self.view.follow);
        self.come_back();
        let here = Aside { narrow: self.filter.take_narrow(), cursor, top, follow };
        self.view.follow = false;
        self.view.cursor = cursor;
        // From one trail onto another: the way back leads to where it began.
        let back = self.trail.take().map_or(here, |it| it.back);
        self.trail = Some(Trail { name, id, back });
        self.refiltered();
    }

    /// Shows the line the reader set out from among those of the request.
    pub fn stand_on_trail(&mut self) {
        self.centre(self.view.cursor);
    }

    /// What is followed.
    pub const fn trail(&self) -> Option<&Trail> {
        self.trail.as_ref()
    }

    /// The filters and the place from before again; the caller puts the scope back. `false`: nothing is followed.
    pub fn turn_back(&mut self) -> bool {
        let Some(it) = self.trail.take() else { return false };
        self.come_back();
        self.filter.take_narrow();
        self.filter.put_narrow(it.back.narrow);
        self.view.follow = it.back.follow;
        self.view.cursor = it.back.cursor;
        self.view.top = it.back.top;
        self.refiltered();
        true
    }
}
