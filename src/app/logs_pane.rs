//! The log pane among the others: what its keys and the shared scope and time mean to the log store.

use super::pane::PaneId;
use super::state::App;
use crate::model::ids::DeploymentId;
use crate::model::log::LogKind;

impl App {
    /// Shows the lines of the scope.
    pub fn rescope_logs(&mut self) {}

    /// Shows the lines of one deployment.
    pub fn pin_logs(&mut self, _deployment: DeploymentId, _kind: LogKind) {
        self.set_focus(PaneId::Logs);
    }

    /// One level back within the log pane; `false`: there is none.
    pub fn logs_back(&mut self) -> bool {
        false
    }

    /// Scrolls by lines.
    pub fn logs_scroll(&mut self, _by: isize) {}

    /// To the oldest or the newest line.
    pub fn logs_to_end(&mut self, _last: bool) {}

    /// The line under the cursor, and its record as JSON.
    pub fn log_record(&self) -> Option<(String, String)> {
        None
    }

    /// Opens the record under the cursor.
    pub fn open_record(&mut self) {}

    /// The logs go where the time cursor is.
    pub fn follow_cursor(&mut self) {}

    /// The present again, everywhere.
    pub fn go_live(&mut self) {
        self.timeline.cursor = None;
        self.timeline.end = None;
    }
}

use super::state::NoticeKind;
use crate::model::log::{LogGap, LogLine, LogPage};
use crate::model::request::{Fault, Request};

impl App {
    /// Takes live lines.
    pub fn absorb_logs(&mut self, lines: Vec<LogLine>) -> bool {
        !lines.is_empty()
    }

    /// Takes a gap, to be shown in its place.
    pub fn absorb_gap(&mut self, _gap: &LogGap) {}

    /// The platform's log began anew.
    pub fn absorb_log_restart(&mut self, _epoch: &str) {
        self.notify(NoticeKind::Info, "the platform's log began anew");
    }

    /// Takes kept lines that were asked for.
    pub fn absorb_page(&mut self, _request: &Request, _page: LogPage) {}

    /// A question for kept lines came to nothing.
    pub fn log_question_failed(&mut self, _request: &Request, _fault: &Fault) {}

    /// The names of services, as the log pane shows them.
    pub fn name_log_sources(&mut self) {}
}

impl App {
    /// The deployment whose lines alone are shown.
    pub fn pinned_deployment(&self) -> Option<DeploymentId> {
        None
    }

    /// Searches as one types.
    pub fn logs_search(&mut self, _text: &str) -> Result<(), (usize, String)> {
        Ok(())
    }

    /// Adds a filter.
    pub fn logs_filter(&mut self, _text: &str) -> Result<(), (usize, String)> {
        Ok(())
    }
}

impl App {
    /// Whether a filter that is being typed can be read.
    pub fn logs_filter_check(&self, _text: &str) -> Result<(), (usize, String)> {
        Ok(())
    }
}
