//! Passing messages, and asking a platform: what leaves the program is written down first.

use super::effect::{Effect, Fx};
use super::state::{Activity, ActivityState, App, Notice, NoticeKind};
use crate::model::event::ObjectRef;
use crate::model::ids::{AskId, SourceId};
use crate::model::log::LogQuery;
use crate::model::request::Request;
use crate::model::text::{Clean, clean_line};
use crate::model::time::Millis;

/// Notices kept; the newest push the oldest out.
const MOST: usize = 5;
/// Entries of the activity log kept.
const DEEDS: usize = 500;

/// What something is done to, and how to take it back.
type About = (Option<ObjectRef>, Option<String>);

impl App {
    /// Shows a passing message. The same words again only last longer.
    pub fn notify(&mut self, kind: NoticeKind, text: impl AsRef<str>) {
        let text = Clean::new(text.as_ref());
        let lasts = match kind {
            NoticeKind::Info | NoticeKind::Good => Millis::secs(4),
            // They cover what one may want to read; what became of a write stays in the activity log.
            NoticeKind::Warn | NoticeKind::Bad => Millis::secs(6),
        };
        self.notices.retain(|it| it.text != text);
        if self.notices.len() >= MOST {
            self.notices.remove(0);
        }
        let deed = self.deed.1.then_some(self.deed.0);
        if deed.is_some() {
            self.drop_answered();
        }
        self.notices.push(Notice { at: self.now, kind, text, until: self.now + lasts, deed });
    }

    /// Says what was wrong before anything was shown. It stays longer: news that come right after the start would take its place, and nobody
    /// would know why a setting does nothing.
    pub fn complain(&mut self, of: &[String]) {
        const LASTS: Millis = Millis::secs(20);
        for text in of {
            self.notify(NoticeKind::Bad, text);
            let until = self.now + LASTS;
            if let Some(it) = self.notices.last_mut() {
                it.until = until;
            }
        }
    }

    /// The person does something: what is said meanwhile is the answer to it.
    pub(super) const fn deed_begins(&mut self) {
        self.deed = (self.deed.0.wrapping_add(1), true);
    }

    /// It is done. A question that came of it wants to be read, not what was said before; `asked`: so many lay over the panes then.
    pub(super) fn deed_ends(&mut self, asked: usize) {
        if self.overlays.len() > asked {
            self.drop_answered();
        }
        self.deed.1 = false;
    }

    /// What was said of earlier deeds has been overtaken.
    fn drop_answered(&mut self) {
        let this = self.deed.0;
        self.notices.retain(|it| it.deed.is_none_or(|deed| deed == this));
    }

    /// Asks the platform for something that changes nothing. Never twice while the same is not answered.
    pub fn ask(&mut self, fx: &mut Fx, request: Request) -> bool {
        let Some(source) = self.platform().map(|it| it.id) else { return false };
        if self.asked.values().any(|it| *it == request) {
            return false;
        }
        self.put_question(fx, source, request);
        true
    }

    /// Asks for older log lines: the log store itself sees to it that it asks once.
    pub fn ask_lines(&mut self, fx: &mut Fx, query: LogQuery) {
        if let Some(source) = self.platform().map(|it| it.id) {
            self.log_ask = Some(self.put_question(fx, source, Request::Logs(query)));
        }
    }

    /// Asks the platform for something that changes nothing, for one who keeps the answer by its id.
    pub fn ask_for(&mut self, fx: &mut Fx, request: Request) -> Option<AskId> {
        let source = self.platform()?.id;
        Some(self.put_question(fx, source, request))
    }

    fn put_question(&mut self, fx: &mut Fx, source: SourceId, request: Request) -> AskId {
        let id = self.next_ask();
        self.asked.insert(id, request.clone());
        fx.want(Effect::Ask { source, id, request });
        id
    }

    /// Sends a write, with an entry in the activity log.
    pub fn send(&mut self, fx: &mut Fx, request: Request, what: String, object: Option<ObjectRef>, undo: Option<String>) {
        let Some(source) = self.platform().map(|it| it.id) else { return };
        // Every way in has checked this; a write that slips through a read-only context must still not leave.
        if let Some(why) = &self.settings.read_only {
            let why = format!("read-only: {why}");
            return self.notify(NoticeKind::Warn, why);
        }
        let id = self.next_ask();
        let request_too = Some(request.clone());
        self.write_down(fx, id, request_too, what, (object, undo));
        fx.want(Effect::Ask { source, id, request });
    }

    /// Runs a command of the person's config with `json` on its input, with an entry in the activity log. `what`, for the person: who
    /// is told of what.
    pub fn hook(&mut self, fx: &mut Fx, command: String, json: String, what: &str) {
        let id = self.next_ask();
        let what = clean_line(what).into_owned();
        self.write_down(fx, id, None, what.clone(), (None, None));
        fx.want(Effect::Hook { command, json, what });
    }

    /// A hook has ended: its entry says how, and a failure is said at once.
    pub fn hooked(&mut self, fx: &mut Fx, what: &str, failed: Option<String>, said: &[String]) {
        let first = said.iter().find(|it| !it.trim().is_empty()).map(String::as_str);
        let state = match (failed, first) {
            (None, first) => ActivityState::Done(Clean::new(first.unwrap_or("done"))),
            (Some(how), None) => ActivityState::Failed(Clean::new(&how)),
            (Some(how), Some(first)) => ActivityState::Failed(Clean::new(&format!("{how}: {first}"))),
        };
        if let ActivityState::Failed(how) = &state {
            let said = format!("{what}: {how}");
            self.notify(NoticeKind::Bad, said);
        }
        // The oldest that runs: several may be told of the same.
        let deed = self.activity.iter_mut().find(|it| it.request.is_none() && it.what == what && it.state == ActivityState::Sent);
        if let Some(deed) = deed {
            deed.state = state;
            fx.want(Effect::Note(deed.line()));
        }
    }

    fn write_down(&mut self, fx: &mut Fx, id: AskId, request: Option<Request>, what: String, (object, undo): About) {
        let (at, context) = (self.now, self.settings.context.clone());
        let user = self.platform().map(|it| it.caps.user.clone()).unwrap_or_default();
        let it = Activity { at, context, user, id, request, what, object, state: ActivityState::Sent, undo };
        // Before it leaves: what was asked for is known even if no answer ever comes.
        fx.want(Effect::Note(it.line()));
        if self.activity.len() >= DEEDS {
            self.activity.remove(0);
        }
        self.activity.push(it);
    }

    fn next_ask(&mut self) -> AskId {
        self.last_ask = AskId(self.last_ask.0 + 1);
        self.last_ask
    }
}
