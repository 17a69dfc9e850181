//! Going into another context, and taking in what was saved in the config: nothing of the old context stays on the screen.

use super::effect::{Effect, Fx, Step};
use super::settings::Settings;
use super::state::{ActivityState, App, NoticeKind, SourceState};
use crate::model::text::Clean;

/// Why nothing is written while the person has locked it themselves.
const BY_KEY: &str = "you locked it";

impl App {
    /// Wishes to go into the context `name`.
    pub fn go_to_context(&mut self, fx: &mut Fx, name: &str) {
        if name == self.settings.context {
            return self.notify(NoticeKind::Info, format!("{name} is where you are"));
        }
        if self.settings.contexts.iter().any(|it| it.name == name) {
            fx.want(Effect::Context(name.to_owned()));
        } else {
            let known: Vec<&str> = self.settings.contexts.iter().map(|it| it.name.as_str()).collect();
            let known = known.join(", ");
            self.notify(NoticeKind::Warn, format!("there is no context `{name}`; there are {known}"));
        }
    }

    /// Begins anew in another context. What the person owns stays: keys, what was done, what they wrote and did not send.
    pub fn enter_context(&mut self, fx: &mut Fx, settings: Settings, sources: Vec<SourceState>) {
        if let Some(export) = &self.export {
            fx.want(Effect::Lines { export: export.id, step: Step::Drop });
        }
        let left = self.settings.context.clone();
        for it in self.activity.iter_mut().filter(|it| it.state == ActivityState::Sent && it.request.is_some()) {
            it.state = ActivityState::Failed(Clean::new("the context was left before the answer came; look there"));
            fx.want(Effect::Note(it.line()));
        }
        let (mouse, locked) = (self.settings.mouse, self.settings.read_only.as_deref() == Some(BY_KEY));
        let mut old = std::mem::replace(self, Self::new(settings, sources, self.own_now()));
        self.shelves = std::mem::take(&mut old.shelves);
        self.shelves.insert(left.clone(), std::mem::take(&mut old.drafts));
        self.shelved_reviews = std::mem::take(&mut old.shelved_reviews);
        self.shelved_reviews.insert(left, std::mem::take(&mut old.reviews));
        self.reviews = self.shelved_reviews.remove(&self.settings.context).unwrap_or_default();
        self.drafts = self.shelves.remove(&self.settings.context).unwrap_or_default();
        self.size = old.size;
        self.split = old.split;
        let memory = old.remember();
        (self.left, self.marked) = (memory.left, memory.marks);
        self.mark_again();
        let heading = old.heading.take().filter(|it| it.context == self.settings.context);
        self.heading = heading.or_else(|| self.last_here());
        self.activity = old.activity;
        self.history = old.history;
        // Numbers go on, so that nothing of before is taken for something of now.
        self.last_ask = old.last_ask;
        self.last_export = old.last_export;
        self.title = old.title;
        self.settings.mouse = mouse;
        self.settings.light = old.settings.light;
        self.slow = self.settings.lo_fi.unwrap_or(old.slow);
        if locked && self.settings.read_only.is_none() {
            self.settings.read_only = Some(BY_KEY.to_owned());
        }
        let production = if self.settings.production { ", which is PRODUCTION" } else { "" };
        let kind = if self.settings.production { NoticeKind::Warn } else { NoticeKind::Info };
        let name = self.settings.context.clone();
        self.notify(kind, format!("this is {name} now{production}"));
    }

    /// Takes in what was saved in the config: what differs from what was given before; the rest stays as the person made it since.
    pub fn take_settings(&mut self, fx: &mut Fx, new: Settings) {
        // Made for a context that was left meanwhile.
        if new.context != self.settings.context {
            return;
        }
        let was = std::mem::replace(&mut self.given, new.clone());
        let now = &mut self.settings;
        take(&mut now.contexts, &was.contexts, new.contexts);
        take(&mut now.production, &was.production, new.production);
        take(&mut now.read_only, &was.read_only, new.read_only);
        take(&mut now.theme, &was.theme, new.theme);
        take(&mut now.themes, &was.themes, new.themes);
        now.themes_as = new.themes_as;
        take(&mut now.ascii, &was.ascii, new.ascii);
        take(&mut now.utc, &was.utc, new.utc);
        take(&mut now.dots, &was.dots, new.dots);
        take(&mut now.lo_fi, &was.lo_fi, new.lo_fi);
        take(&mut now.thresholds, &was.thresholds, new.thresholds);
        take(&mut now.response, &was.response, new.response);
        take(&mut now.escalate, &was.escalate, new.escalate);
        take(&mut now.channel, &was.channel, new.channel);
        take(&mut now.restore, &was.restore, new.restore);
        take(&mut self.logs.view.veil, &was.mask, new.mask);
        now.offset_minutes = new.offset_minutes;
        if was.mouse != new.mouse && now.mouse != new.mouse {
            now.mouse = new.mouse;
            fx.want(Effect::Mouse(new.mouse));
        }
        if was.notify != new.notify {
            now.notify = new.notify;
            self.begin_watches();
        }
        if was.keys != new.keys {
            self.bind_keys(new.keys);
        }
    }

    /// Locks and unlocks writing, as far as the person may: what the config or the command line forbids stays forbidden.
    pub fn lock_writes(&mut self) {
        match self.settings.read_only.as_deref() {
            None => {
                self.settings.read_only = Some(BY_KEY.to_owned());
                self.notify(NoticeKind::Info, "nothing can be written now");
            }
            Some(BY_KEY) => {
                self.settings.read_only = None;
                let text = if self.settings.production { "writing is possible again, in production" } else { "writing is possible again" };
                self.notify(NoticeKind::Warn, text);
            }
            Some(why) => {
                let text = format!("it stays read-only: {why}");
                self.notify(NoticeKind::Warn, text);
            }
        }
    }

    /// Shows the scope that the context begins with, once it is known.
    pub fn begin_scope(&mut self) {
        use super::pane::Scope;
        use super::target;
        let Some(name) = self.settings.scope.take().filter(|_| self.heading.is_none()) else { return };
        let service = target::service(self, &name).map(|it| it.id.clone());
        let scope = match service {
            Ok(id) => Some(Scope::Service(id)),
            Err(_) => target::project(self, &name).map(|it| Scope::Project(it.id.clone())),
        };
        match scope {
            Some(scope) => self.set_scope(scope),
            None => self.notify(NoticeKind::Warn, format!("there is no `{name}` here to begin with; this is everything")),
        }
    }
}

fn take<T: PartialEq>(now: &mut T, was: &T, new: T) {
    if *was != new {
        *now = new;
    }
}
