//! The log pane among the others: what scope, time, prompts and a pinned deployment mean to the log store.

use ratatui::layout::Rect;

use super::layout::{Areas, Size, axis};
use super::logs::{Edge, Jump, LogScope, Stacked, one_field};
use super::pane::{PaneId, RowKey, Scope};
use super::state::{App, NoticeKind};
use crate::model::ids::{AskId, DeploymentId};
use crate::model::log::{LogKind, LogLine, LogPage};
use crate::model::query::{Clock, Mistake};
use crate::model::request::Fault;

/// Text filtered and searched in one turn, in bytes: with two threads three milliseconds of the slowest regex, so that no key waits for longer.
const BITE: usize = 2 * 1024 * 1024;
/// Text grouped by pattern in one turn, in bytes: each line is taken apart, so that it is less.
const GROUPED: usize = 256 * 1024;

/// Rows of the log pane from which on one is given to the volume of the lines kept, and from which on two.
const LOW: u16 = 8;
const TALL: u16 = 24;

/// Where in a typed text a mistake is, and what it is.
pub type Wrong = (usize, String);

fn wrong(it: Mistake) -> Wrong {
    (it.at, it.text)
}

impl App {
    /// Shows the lines of the scope, or of the pinned deployment alone.
    pub fn scope_logs(&mut self) {
        let scope = match (&self.pin, &self.scope) {
            // A request goes through all services.
            _ if self.logs.trail().is_some() => LogScope::default(),
            (Some((id, kinds)), _) => LogScope { kinds: kinds.clone(), ..LogScope::deployment(id.clone()) },
            (None, Scope::All) => LogScope::default(),
            (None, Scope::Project(id)) => {
                let services = self.store.services.values().filter(|it| it.project == *id).map(|it| it.id.clone());
                LogScope::project(id.clone(), services)
            }
            (None, Scope::Service(id)) => LogScope::service(id.clone()),
        };
        self.logs.set_scope(scope);
    }

    /// Shows the lines of one deployment; no kinds: all of them.
    pub fn pin_logs(&mut self, deployment: DeploymentId, kinds: Vec<LogKind>) {
        self.logs.turn_back();
        self.pin = Some((deployment, kinds));
        self.scope_logs();
        self.follow_cursor();
    }

    /// The lines of the scope again.
    pub fn unpin_logs(&mut self) {
        if self.pin.take().is_some() {
            self.scope_logs();
        }
    }

    /// The log is an opened deployment's while that is seen, or its log is what one looks at; elsewhere it is the scope's again.
    fn settle_pin(&mut self, areas: &Areas) {
        let Some(RowKey::Deployment(id)) = self.view(PaneId::Deployments).open.clone() else { return };
        let hidden = self.zoom || areas.size < Size::Large;
        match self.focus {
            PaneId::Projects | PaneId::Metrics | PaneId::Incidents if hidden => self.unpin_logs(),
            PaneId::Deployments if self.pin.is_none() => self.pin_logs(id, Vec::new()),
            _ => {}
        }
    }

    /// The deployment whose lines alone are shown.
    pub fn pinned_deployment(&self) -> Option<DeploymentId> {
        self.pin.as_ref().map(|(id, _)| id.clone())
    }

    /// One level back within the log pane: the search, then what is pinned. `false`: there is none.
    pub fn back_in_logs(&mut self) -> bool {
        if self.logs.searched().is_some() {
            self.logs.clear_search();
            return true;
        }
        let pinned = self.pin.is_some();
        self.unpin_logs();
        pinned
    }

    /// The line under the cursor, and its record as JSON.
    pub fn log_record(&self) -> Option<(String, String)> {
        let seq = self.logs.cursor()?;
        Some((self.logs.text_of(seq)?.into_owned(), self.logs.json_of(seq)?))
    }

    /// The logs go where the time cursor is.
    pub fn follow_cursor(&mut self) {
        match self.timeline.cursor {
            None => self.logs.follow(),
            Some(at) if self.is_before_the_log() => self.logs.go_to_time_to_come(at),
            // Where no line is from then on, the end is as near as it gets; what comes after it is not of that time.
            Some(at) if !self.logs.go_to_time(at) => self.logs.go_to_end(),
            Some(_) => {}
        }
    }

    /// Whether the time cursor is before all lines held, and older ones may be had.
    fn is_before_the_log(&self) -> bool {
        let more = matches!(self.logs.edge(), Edge::Older | Edge::Asking);
        let oldest = || self.logs.first_shown().and_then(|seq| self.logs.store().line(seq)).map(|it| it.at);
        more && self.timeline.cursor.is_some_and(|at| oldest().is_none_or(|oldest| oldest > at))
    }

    /// The present again, everywhere.
    pub fn go_live(&mut self) {
        self.timeline.live();
        self.logs.follow();
    }

    /// Searches; when it is `meant`, goes to the nearest hit: an older one from the end, a newer one from elsewhere.
    pub fn search_logs(&mut self, typed: &str, meant: bool) -> Result<(), Wrong> {
        if typed.is_empty() {
            self.logs.clear_search();
            return Ok(());
        }
        self.logs.set_search(typed).map_err(wrong)?;
        if meant {
            let newer = !self.logs.view.follow;
            self.next_hit(newer);
        }
        Ok(())
    }

    /// To the next or previous hit, and says when there is none.
    pub fn next_hit(&mut self, newer: bool) {
        let Some(typed) = self.logs.searched().map(str::to_owned) else {
            return self.notify(NoticeKind::Info, "nothing is searched for; / searches");
        };
        match self.logs.next_hit(newer) {
            Jump::Nothing => {
                let older = if self.logs.edge() == Edge::Older { "; as a filter (&) it is looked for in older ones too" } else { "" };
                self.notify(NoticeKind::Warn, format!("`{typed}` is in no line that is held and shown{older}"));
            }
            Jump::Hit { wrapped: true } => self.notify(NoticeKind::Info, "round the end"),
            Jump::Hit { .. } | Jump::Searching => {}
        }
    }

    /// Adds a filter; an empty text takes the last one away.
    pub fn filter_logs(&mut self, typed: &str) -> Result<(), Wrong> {
        if typed.is_empty() || typed == "!" {
            self.drop_log_filter();
            return Ok(());
        }
        let clock = self.query_clock();
        // One that is there already is read anew (a time in it may be of now) and switched on: twice the same hides nothing more.
        let twin = self.logs.filter().stack().iter().position(|it| it.typed() == typed.trim());
        match twin {
            Some(at) => {
                self.logs.edit_filter(at, typed, clock).map_err(wrong)?;
                if self.logs.filter().stack().get(at).is_some_and(|it| !it.on) {
                    self.logs.toggle_filter(at);
                }
            }
            None => self.logs.add_filter(typed, clock).map_err(wrong)?,
        }
        if let Some((name, value)) = one_field(typed.trim_start_matches('!')) {
            self.notify(NoticeKind::Info, format!("looked for as text; the field of structured lines is @{name}:{value}"));
        }
        Ok(())
    }

    /// Changes a filter; an empty text drops it.
    pub fn edit_log_filter(&mut self, index: usize, typed: &str) -> Result<(), Wrong> {
        if typed.is_empty() || typed == "!" {
            self.logs.drop_filter(index);
            return Ok(());
        }
        let clock = self.query_clock();
        self.logs.edit_filter(index, typed, clock).map_err(wrong)
    }

    /// Whether a filter that is being typed can be read so far; nothing yet is no mistake.
    pub fn check_filter(&self, typed: &str) -> Result<(), Wrong> {
        if typed.is_empty() || typed == "!" {
            return Ok(());
        }
        Stacked::read(typed, self.query_clock()).map(|_| ()).map_err(wrong)
    }

    /// What `14:05` means to the person in front of the screen.
    pub const fn query_clock(&self) -> Clock {
        Clock { now: self.now, offset_minutes: if self.settings.utc { 0 } else { self.settings.offset_minutes } }
    }

    /// Takes the last filter away.
    pub fn drop_log_filter(&mut self) {
        if let Some(last) = self.logs.filter().stack().len().checked_sub(1) {
            self.logs.drop_filter(last);
        }
    }

    /// Takes live lines. `true`: there were any.
    pub fn absorb_logs(&mut self, lines: Vec<LogLine>) -> bool {
        let any = !lines.is_empty();
        self.logs.absorb(lines, self.now);
        any
    }

    /// Takes kept lines that were asked for. An answer that nobody waits for any more is of another view.
    pub fn absorb_page(&mut self, id: AskId, page: LogPage) {
        if self.log_ask == Some(id) {
            self.log_ask = None;
            self.logs.page(page);
            if let Some(at) = self.logs.take_short() {
                let at = self.hour(at);
                self.notify(NoticeKind::Info, format!("so many lines are between that it stopped here; once more goes on towards {at}"));
            }
        }
    }

    /// A question for kept lines came to nothing.
    pub fn log_question_failed(&mut self, id: AskId, fault: &Fault) {
        if self.log_ask == Some(id) {
            self.log_ask = None;
            self.logs.page_failed(fault.to_string());
        }
    }

    /// The names of services, as the log pane shows them; and which services a project's lines are of.
    pub fn name_log_sources(&mut self) {
        for it in self.store.services.values() {
            self.logs.label(&it.id, &it.name);
            self.logs.choices_mut().learn(&it.id, it.kind.word());
        }
        let commits = self.store.deployments.values().filter_map(|it| Some((&it.id, it.commit.as_ref()?.id.as_str())));
        self.logs.label_commits(commits);
        if matches!(self.scope, Scope::Project(_)) && self.pin.is_none() {
            self.scope_logs();
        }
    }

    /// Fits the log rows to their place, and goes on with a filter or search that is not through.
    pub fn settle_logs(&mut self) {
        let areas = self.areas();
        self.settle_pin(&areas);
        let parts = self.log_parts(&areas);
        if let Some((strip, _)) = parts.filter(|(strip, _)| !strip.is_empty()) {
            let cells = usize::from(strip.width);
            let axis = self.axis_of(cells);
            self.logs.count_volume(axis.from, axis.to, cells);
        }
        if let Some((_, place)) = parts
            && (usize::from(place.width), usize::from(place.height)) != (self.logs.view.width, self.logs.view.height)
        {
            self.logs.resize(place.width, place.height);
        }
        if !self.logs.is_sifted() {
            self.logs.work(BITE);
        }
        self.logs.fill();
        self.logs.bring_near();
        self.logs.settle_slots();
        self.settle_patterns(GROUPED);
    }

    /// Where the volume of the lines kept stands (nowhere, mostly), and the log rows below it; headings of columns are the row above them.
    pub fn log_parts(&self, areas: &Areas) -> Option<(Rect, Rect)> {
        let (strip, rows) = self.strip_and_rows(areas)?;
        let head = u16::from(self.log_headings(rows, areas));
        Some((strip, Rect { y: rows.y + head, height: rows.height - head, ..rows }))
    }

    /// Whether columns of fields have their headings: in the pane itself, where there is more than a row or two.
    fn log_headings(&self, rows: Rect, areas: &Areas) -> bool {
        self.logs.has_slots() && rows.height > 3 && rows.bottom() == areas.list(PaneId::Logs).bottom()
    }

    fn strip_and_rows(&self, areas: &Areas) -> Option<(Rect, Rect)> {
        let place = self.log_place(areas)?;
        let none = Rect { height: 0, ..place };
        let axis = axis(areas.timeline);
        let high = match place.height {
            0..LOW => 0,
            LOW..TALL => 1,
            _ => 2,
        };
        // Without a filter it would be the timeline's volume once more; beside an opened deployment it would stand under nothing.
        if !self.logs.filter().is_narrow() || high == 0 || axis.is_empty() || place != areas.list(PaneId::Logs) {
            return Some((none, place));
        }
        let strip = Rect { y: place.y, height: high, ..axis };
        Some((strip, Rect { y: place.y + high, height: place.height - high, ..place }))
    }

    /// Where log rows stand: in their pane, or beside an opened deployment. `None`: nowhere.
    fn log_place(&self, areas: &Areas) -> Option<Rect> {
        let opened = matches!(self.view(PaneId::Deployments).open, Some(RowKey::Deployment(_)));
        if self.zoom && self.focus == PaneId::Deployments && opened {
            return Some(beside(areas.list(PaneId::Deployments)));
        }
        let place = areas.list(PaneId::Logs);
        (!areas.is_summary(PaneId::Logs) && !place.is_empty()).then_some(place)
    }
}

/// The place of the log beside an opened deployment: at the right where there is room, else the lower part; a row is its heading.
pub fn beside(inner: Rect) -> Rect {
    if inner.width >= 100 && inner.height >= 8 {
        // The facts are short; the log can use what they leave, but for a gap.
        let left = (inner.width * 2 / 5).clamp(58, 84) + 2;
        return Rect { x: inner.x + left, y: inner.y + 1, width: inner.width - left, height: inner.height - 1 };
    }
    let height = inner.height / 2;
    Rect { y: inner.bottom() - height, height, ..inner }
}
