//! To a time, or a length of time, that was typed: what it means is the query language's to say; where that leads, is said here.

use super::logs::Edge;
use super::state::{App, NoticeKind};
use super::timeline::{NARROWEST, WIDEST};
use crate::model::query::{TIMES, instant, span};

impl App {
    /// Everything goes to the time that was typed: the time cursor, and the logs with it.
    pub fn go_to_typed(&mut self, typed: &str) {
        let typed = typed.trim();
        let Some(at) = instant(typed, self.query_clock()) else {
            return self.notify(NoticeKind::Warn, format!("`{typed}` is no time; what is wanted is {TIMES}"));
        };
        if at > self.now {
            return self.notify(NoticeKind::Warn, format!("{typed} is still to come"));
        }
        self.look_at(at);
        let oldest = self.logs.first_shown().and_then(|seq| self.logs.store().line(seq)).map(|it| it.at);
        if let Some(oldest) = oldest.filter(|it| *it > at) {
            let more = match self.logs.edge() {
                Edge::Beginning => "that is the beginning of what is kept".to_owned(),
                Edge::Full => "there is no room for older ones".to_owned(),
                Edge::Older | Edge::Asking => "older ones are on their way".to_owned(),
                Edge::Failed(why) => format!("older ones could not be had: {why}"),
            };
            self.logs.go_to_time_to_come(at);
            self.notify(NoticeKind::Info, format!("the oldest line here is from {}; {more}", self.hour(oldest)));
        }
    }

    /// Shows as long a stretch of time as was typed.
    pub fn window_typed(&mut self, typed: &str) {
        let typed = typed.trim();
        let Some(window) = span(typed) else {
            let now = self.timeline.words();
            return self.notify(NoticeKind::Warn, format!("`{typed}` is no length of time; what is wanted is 90m, 6h or 7d (now: {now})"));
        };
        if !(NARROWEST..=WIDEST).contains(&window) {
            let (least, most) = (NARROWEST.short(), WIDEST.short());
            return self.notify(NoticeKind::Warn, format!("{typed}: a stretch of time is {least} to {most}"));
        }
        self.set_window(window);
    }
}
