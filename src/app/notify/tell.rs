//! Telling: an event becomes words and a record, and goes the ways the person chose, once, unless it is quiet.

use serde_json::{Value, json};

use super::judge::Turn;
use super::kind::{Kind, Osc, Way};
use super::news::{Lost, Watched};
use super::quiet::quiet_until;
use crate::app::deploys::{first_line, told};
use crate::app::effect::{Effect, Fx};
use crate::app::state::{App, NoticeKind};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::incident::{Incident, Severity};
use crate::model::response::{Clock, Heat};
use crate::model::text::clean_line;
use crate::model::time::{Millis, Time};

/// A link that is back within this time is nobody's news.
const LOST: Millis = Millis::mins(1);
/// Most news that leave the screen in a minute: a platform in a storm must not start a command for each of its lightnings.
const MOST: usize = 30;

/// A piece of news.
struct Piece<'a> {
    kind: Kind,
    severity: Option<&'a Severity>,
    mood: NoticeKind,
    /// For the toast, where it is another text than the title.
    toast: Option<String>,
    title: String,
    /// The rest, in a line; may be empty.
    text: String,
    /// `deploy.ended`, for hooks.
    event: &'static str,
    /// What it is about, for hooks.
    about: (&'static str, Value),
}

impl App {
    /// Until when it is quiet; `None`: it is not.
    pub fn quiet_until(&self) -> Option<Time> {
        let ahead = if self.settings.utc { 0 } else { i64::from(self.settings.offset_minutes) };
        quiet_until(self.settings.notify.quiet, self.news.by_hand, self.now, ahead)
    }

    /// What the header says of telling: `quiet 29m`, `2 watches true`.
    pub fn news_words(&self) -> (Option<String>, Option<String>) {
        let quiet = self.quiet_until().map(|until| format!("quiet {}", (until + Millis::secs(59)).since(self.now).short()));
        let watches = match self.watches_true() {
            0 => None,
            1 => self.news.watches.iter().find(|it| it.judge.verdict() == super::judge::Verdict::True).map(|it| it.watch.typed.clone()),
            n => Some(format!("{n} watches true")),
        };
        (quiet, watches)
    }

    /// A deployment has ended. `tell`: it is not known from elsewhere.
    pub fn tell_end(&mut self, fx: &mut Fx, it: &Deployment, tell: bool) {
        if !self.news.told.ended(&it.id) || !tell {
            return;
        }
        let mine = self.mine.contains(&it.id);
        let name = format!("{} {}", self.service_name(&it.service), it.commit.as_ref().map_or("", |commit| commit.short()));
        let name = name.trim_end();
        let all = told(it, self.store.deployments.values(), self.now);
        let took = it.took(self.now).long();
        let (mood, title, text) = match &it.status {
            DeployStatus::Success => (NoticeKind::Good, format!("{name} is {all}"), String::new()),
            DeployStatus::Failed | DeployStatus::Crashed => {
                (NoticeKind::Bad, format!("{name} {} after {took}", it.status), first_line(it).to_owned())
            }
            _ => (NoticeKind::Info, format!("{name} {all}"), String::new()),
        };
        // Of others' deployments only the words, not the alarm.
        let mood = if mine || mood == NoticeKind::Info { mood } else { calmer(mood) };
        // Names of variables are for who may see the platform, not for where a hook sends things.
        let object = Deployment { release: None, ..it.clone() };
        let record = json!({ "mine": mine, "service": self.service_name(&it.service), "took_ms": it.took(self.now).0, "object": object });
        self.tell(
            fx,
            &Piece {
                kind: if mine { Kind::Deploy } else { Kind::OtherDeploy },
                severity: None,
                mood,
                toast: (!text.is_empty()).then(|| format!("{name} {all}")),
                title,
                text,
                event: "deploy.ended",
                about: ("deployment", record),
            },
        );
    }

    /// An incident stands as `it` says. `tell`: it is not known from elsewhere that it is open.
    pub fn tell_incident(&mut self, fx: &mut Fx, it: &Incident, tell: bool) {
        if !self.news.told.opened(it) || !tell {
            return;
        }
        let loud = matches!(it.severity, Severity::P1 | Severity::P2);
        let key = self.keymap.keys_of("incident.acknowledge").first().cloned().unwrap_or_default();
        let title = format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or_default());
        let service = it.service.as_ref().map(|id| self.service_name(id).to_owned());
        self.tell(
            fx,
            &Piece {
                kind: if loud { Kind::Incident } else { Kind::MinorIncident },
                severity: Some(&it.severity),
                mood: if loud { NoticeKind::Bad } else { NoticeKind::Warn },
                toast: Some(format!("{title} ({key}: acknowledge)")),
                title,
                text: service.as_ref().map_or_else(String::new, |it| format!("on {it}")),
                event: "incident.opened",
                about: ("incident", self.hook_incident(it, self.response(it).as_ref())),
            },
        );
    }

    /// The first whole answer: what is in it happened before one looked, and is no news but in one line.
    pub fn take_as_told(&mut self) {
        let incidents: Vec<Incident> = self.store.incidents.values().cloned().collect();
        for it in &incidents {
            self.news.told.opened(it);
        }
        for it in self.store.deployments.values().filter(|it| it.status.ended()) {
            self.news.told.ended(&it.id);
        }
        // What is wrong with the config is said nowhere else; what is open stands in the header.
        if self.notices().any(|it| it.kind == NoticeKind::Bad) {
            return;
        }
        let open: Vec<&Incident> = incidents.iter().filter(|it| it.is_open()).collect();
        let Some(worst) = open.iter().map(|it| &it.severity).min() else { return };
        let text = match open.len() {
            1 => format!(
                "1 incident is open: {}",
                open.first().map_or_else(String::new, |it| format!("{} {}", it.severity.label(), it.title))
            ),
            n => format!("{n} incidents are open, the worst a {}", worst.label()),
        };
        let kind = if matches!(worst, Severity::P1 | Severity::P2) { NoticeKind::Bad } else { NoticeKind::Warn };
        self.notify(kind, text);
    }

    /// A response clock turned amber, red, or is over. `then`: what is to be done now.
    ///
    /// `false`: it was told already.
    pub fn tell_clock(&mut self, fx: &mut Fx, it: &Incident, clock: &Clock, then: &str) -> bool {
        if !self.news.told.clock(&it.id, clock.due, clock.heat) {
            return false;
        }
        let title = it.title.lines().next().unwrap_or_default();
        let title = format!("{} {title}: {}{then}", it.severity.label(), self.clock_words(clock));
        let piece = Piece {
            kind: Kind::Clock,
            severity: Some(&it.severity),
            mood: if clock.heat == Heat::Amber { NoticeKind::Warn } else { NoticeKind::Bad },
            toast: None,
            title,
            text: String::new(),
            event: "incident.clock",
            about: ("incident", self.hook_incident(it, Some(clock))),
        };
        self.tell(fx, &piece);
        true
    }

    /// Links that are lost for longer than a minute, and those that are back after that.
    pub fn tell_links(&mut self, fx: &mut Fx) {
        let now = self.now;
        let mut news = Vec::new();
        for it in &self.sources {
            if !it.link.is_fresh() {
                // One that never stood was not lost.
                if it.fresh.is_none() {
                    continue;
                }
                let lost = self.news.lost.entry(it.id).or_insert(Lost { since: now, told: false });
                if !lost.told && now.since(lost.since) >= LOST {
                    lost.told = true;
                    news.push((it.name.clone(), None));
                }
            } else if let Some(lost) = self.news.lost.remove(&it.id).filter(|it| it.told) {
                news.push((it.name.clone(), Some(now.since(lost.since))));
            }
        }
        for (name, back) in news {
            let (mood, title, event) = match back {
                None => (NoticeKind::Bad, format!("{name} is not heard for a minute"), "link.lost"),
                Some(away) => (NoticeKind::Good, format!("{name} is back after {}", away.long()), "link.back"),
            };
            let about = json!({ "name": name, "away_ms": back.map(|it| it.0) });
            let text = String::new();
            self.tell(fx, &Piece { kind: Kind::Link, severity: None, mood, toast: None, title, text, event, about: ("link", about) });
        }
    }

    /// A watch came true, or is false again.
    ///
    /// One of the config that was true when it was first looked at is said on the screen alone: that the program was started changed nothing,
    /// and every start would ring. Who has just asked for a watch wants to hear it all the same.
    pub fn tell_watch(&mut self, fx: &mut Fx, it: &Watched, turn: Turn) {
        let value = it.reading.value.map_or_else(String::new, |value| it.watch.measure.said(value));
        if turn == Turn::Found && it.of_config {
            if self.settings.notify.ways(Kind::Watch).contains(&Way::Toast) {
                self.notify(NoticeKind::Warn, format!("{}: it is {value}, as it was at the start", it.watch.typed));
            }
            return;
        }
        let (mood, title, event) = if turn == Turn::Went {
            (NoticeKind::Good, format!("{}: not any more, it is {value}", it.watch.typed), "watch.false")
        } else {
            (NoticeKind::Bad, format!("{}: it is {value}", it.watch.typed), "watch.true")
        };
        let about = json!({ "expression": it.watch.typed, "value": it.reading.value, "shown": value });
        let text = String::new();
        self.tell(fx, &Piece { kind: Kind::Watch, severity: None, mood, toast: None, title, text, event, about: ("watch", about) });
    }

    fn tell(&mut self, fx: &mut Fx, it: &Piece<'_>) {
        let ways = self.settings.notify.ways(it.kind).to_vec();
        if ways.contains(&Way::Toast) {
            self.notify(it.mood, it.toast.as_ref().unwrap_or(&it.title));
        }
        let quiet = self.quiet_until().is_some();
        if quiet && !self.settings.notify.always(it.kind, it.severity) {
            return;
        }
        if !ways.iter().any(|it| *it != Way::Toast) || !self.may_send() {
            return;
        }
        // The one place where it is made fit for a terminal, whatever it was made from.
        let title = clean_line(&it.title).into_owned();
        let text = clean_line(&it.text).into_owned();
        for way in ways {
            let announce = |how| Effect::Announce { how, context: self.settings.context.clone(), title: title.clone(), text: text.clone() };
            match way {
                Way::Toast => {}
                // One bell a turn: two at once sound like one.
                Way::Bell if fx.effects.contains(&Effect::Bell) => {}
                Way::Bell => fx.want(Effect::Bell),
                Way::Osc if self.settings.notify.osc == Osc::Off => {}
                Way::Osc => fx.want(announce(self.settings.notify.osc)),
                Way::Osc9 => fx.want(announce(Osc::Nine)),
                Way::Osc777 => fx.want(announce(Osc::Seven)),
                Way::Hook => {
                    if let Some(command) = self.settings.notify.hook.clone() {
                        let json = self.hook_json(it.event, &title, &text, (it.about.0, it.about.1.clone()));
                        self.hook(fx, command, json, &format!("hook: {title}"));
                    }
                }
            }
        }
    }

    /// Whether something more may leave the screen in this minute; says so once when not.
    pub fn may_send(&mut self) -> bool {
        let now = self.now;
        while self.news.sent.front().is_some_and(|at| now.since(*at) >= Millis::mins(1)) {
            self.news.sent.pop_front();
        }
        if self.news.sent.len() < MOST {
            self.news.flooded = false;
            self.news.sent.push_back(now);
            return true;
        }
        if !std::mem::replace(&mut self.news.flooded, true) {
            self.notify(NoticeKind::Warn, format!("more than {MOST} notifications in a minute: the rest is only shown here"));
        }
        false
    }
}

const fn calmer(kind: NoticeKind) -> NoticeKind {
    match kind {
        NoticeKind::Bad => NoticeKind::Warn,
        _ => NoticeKind::Info,
    }
}
