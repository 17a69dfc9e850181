//! One incident opened: the runbook, what changed before it, its notes and its own story.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::changes::{Near, Suspect};
use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::model::incident::{Incident, Note, Step};
use crate::model::response::escalation;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::{glyph, text};
use super::super::words;
use super::super::worst::clock;
use super::chrome;
use super::service::{fact, heading};

const PANE: PaneId = PaneId::Incidents;
/// Lines of the runbook above its first step.
const RUNBOOK_HEAD: usize = 2;
/// Lines of the suspects above the first, without those that say how near they are.
const CHANGES_HEAD: usize = 2;

/// The way of a step that no command of the config does.
const BY_HAND: &[(&str, &str)] = &[("incident.step", "once it is open")];

/// From this width on the runbook and what it is about stand side by side.
const WIDE: u16 = 100;

/// Draws `it` into the whole pane.
pub fn draw(cx: &Cx<'_>, it: &Incident, area: Rect, buf: &mut Buffer) {
    let title = chrome::part(cx, format!(" {} ", it.severity.label()), words::severity(&it.severity)).to_vec();
    let back = (format!("{} goes back", cx.key("back").to_lowercase()).into(), cx.style(Role::Dim));
    let inner = chrome::frame(cx, PANE, title, vec![back], area, buf);
    let height = usize::from(inner.height);
    let (left, right) = if inner.width >= WIDE {
        let left = (inner.width * 2 / 5).clamp(58, 76);
        (Rect { width: left, ..inner }, Rect { x: inner.x + left + 2, width: inner.width - left - 2, ..inner })
    } else {
        (inner, Rect::ZERO)
    };
    let wide = !right.is_empty();
    let found = cx.app.changes_before(it);
    let about = |flow: &mut Flow<'_>| {
        changes(cx, it, &found, flow);
        flow.gap();
        notes(cx, it, flow);
    };
    let first = |flow: &mut Flow<'_>| {
        head(cx, it, wide, flow);
        runbook(cx, it, flow);
    };
    let column = |flow: &mut Flow<'_>| {
        first(flow);
        if !wide {
            about(flow);
        }
    };
    let view = cx.app.view(PANE);
    // The chosen step or suspect is always seen; what was scrolled comes to that, and ends where the text ends.
    let suspect = view.step.checked_sub(it.steps.len());
    let lines = Flow::measure(buf, left.width, column);
    let of_step = Flow::measure(buf, left.width, |flow| head(cx, it, wide, flow)) + RUNBOOK_HEAD + view.step + 1;
    let of_suspect = suspect.map(|n| {
        let groups = found.iter().take(n + 1).map(|it| it.near).collect::<BTreeSet<_>>().len();
        CHANGES_HEAD + groups + n + 1
    });
    let in_left = match of_suspect {
        Some(n) if !wide => Flow::measure(buf, left.width, first) + n,
        Some(_) => 0,
        None => of_step,
    };
    let top = |chosen: usize, all: usize| (chosen.saturating_sub(height) + view.open_top).min(all.saturating_sub(height));
    let top_left = top(in_left, lines);
    column(&mut Flow::new(buf, left, top_left));
    let mut place = Place { top: top_left, shown: height, all: lines };
    if wide {
        let all = Flow::measure(buf, right.width, about);
        let top_right = top(of_suspect.unwrap_or(0), all);
        about(&mut Flow::new(buf, right, top_right));
        if all > lines {
            place = Place { top: top_right, shown: height, all };
        }
    }
    thumb(area, place, cx.style(Role::BorderFocus), buf);
    chrome::age(cx, inner, buf);
}

fn head(cx: &Cx<'_>, it: &Incident, whole: bool, flow: &mut Flow<'_>) {
    let app = cx.app;
    flow.text(&it.title, 0, cx.style(Role::Strong));
    let sign = words::incident(&it.status);
    let role = app.response(it).map_or(Role::Dim, |it| words::heat(it.heat));
    let service = it.service.as_ref().map_or("", |id| app.service_name(id));
    let place = format!("{} {service}", app.project_name(&it.project)).trim_end().to_owned();
    flow.line(|pen| {
        pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).put(sign.word, cx.style(sign.role));
        pen.put("  ", cx.style(Role::Text)).put(&clock(app, it), cx.style(role));
        if !whole {
            let began = format!("{place}, {} ago", app.ago(it.opened));
            pen.put("   ", cx.style(Role::Text)).fit(&began, cx.style(Role::Dim));
        }
    });
    if let Some(clock) = app.response(it) {
        if let Some(then) = escalation(&it.severity, clock.heat) {
            flow.text(&format!("now: {then}"), 0, cx.style(words::heat(clock.heat)));
        }
        if clock.paused.is_some() {
            flow.text("its clock stands still: only business hours count", 0, cx.style(Role::Dim));
        }
    }
    if whole {
        flow.gap();
        fact(cx, flow, "where", &place, Role::Text);
        fact(cx, flow, "began", &format!("{}, {} ago", app.day(it.opened), app.ago(it.opened)), Role::Text);
        fact(cx, flow, "cause", &cause(app, &it.cause), Role::Dim);
    }
    // Taken care of once, perhaps; acknowledged each by itself, since each may call somebody else.
    for twin in app.twins(it) {
        let name = twin.service.as_ref().map_or_else(|| app.project_name(&twin.project), |id| app.service_name(id));
        let said = format!(" {name}, same release, {}: {}", clock(app, twin), twin.title);
        flow.line(|pen| {
            pen.put("also: ", cx.style(Role::Dim)).put(&twin.severity.label(), cx.style(words::severity(&twin.severity)));
            // The label may have a ground of its own; the words must not be a bar across the pane.
            pen.fit(&said, cx.style(Role::Strong));
        });
    }
    for closed in &it.closed {
        let meanwhile = closed.to.since(closed.from).long();
        let said = format!("{} to {} ({meanwhile}), then reopened", app.moment(closed.from), app.moment(closed.to));
        fact(cx, flow, "closed", &said, Role::Text);
    }
    let deeds = [("acknowledged", &it.acknowledged), ("mitigated", &it.mitigated), ("resolved", &it.resolved)];
    for (name, deed) in deeds {
        if let Some(deed) = deed {
            let why = deed.reason.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            let after = deed.at.since(it.opened).long();
            fact(cx, flow, name, &format!("{} after {after}, by {}{why}", app.moment(deed.at), deed.by), Role::Text);
        }
    }
}

/// A cause as people read it: `error_ratio:s12` as `error ratio of web`. What is none of these is said as it came.
fn cause(app: &App, text: &str) -> String {
    let of = text.split_once(':').and_then(|(what, id)| Some((what, app.store.services.get(&ServiceId::new(id))?)));
    of.map_or_else(|| text.to_owned(), |(what, it)| format!("{} of {}", what.replace('_', " "), it.name))
}

fn runbook(cx: &Cx<'_>, it: &Incident, flow: &mut Flow<'_>) {
    heading(cx, flow, &format!("runbook {}/{}", it.ticked(), it.steps.len()));
    let chosen = cx.app.view(PANE).step;
    for (i, step) in it.steps.iter().enumerate() {
        let ticked = step.done.is_some();
        let (sign, role) = if ticked { (glyph::TICKED, Role::Ok) } else { (glyph::UNTICKED, Role::Dim) };
        let here = i == chosen && cx.focused(PANE) && it.is_open();
        let words = if ticked { Role::Dim } else { Role::Text };
        flow.line(|pen| {
            pen.put(if here { glyph::INTO } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
            pen.put(sign, cx.style(role)).put(&format!(" {}  ", i + 1), cx.style(Role::Dim));
            pen.cell(step.step.label(), 27, cx.style(if here { Role::Strong } else { words })).skip(1);
            if let Some(deed) = &step.done {
                let after = deed.at.since(it.opened).short();
                pen.fit(&format!("{} {} +{after}", cx.app.moment(deed.at), deed.by), cx.style(Role::Dim));
                return;
            }
            // Without a command for it a channel is opened elsewhere.
            let by_hand = step.step == Step::Channel && cx.app.settings.channel.is_none();
            for (action, does) in if by_hand { BY_HAND } else { ways(&step.step) } {
                if pen.left() > text::width(does) + 3 {
                    pen.put(&cx.key(action), cx.style(Role::Key)).put(" ", cx.style(Role::Dim)).put(does, cx.style(Role::Dim)).skip(2);
                }
            }
        });
    }
    flow.line(|pen| {
        let keys = [("incident.step", "ticks by hand"), ("incident.note", "note"), ("incident.resolve", "resolves")];
        pen.skip(6);
        for (action, does) in keys {
            if pen.left() > text::width(does) + 3 {
                pen.put(&cx.key(action), cx.style(Role::Key)).put(" ", cx.style(Role::Dim)).put(does, cx.style(Role::Dim)).skip(2);
            }
        }
    });
}

/// The actions that do a step, and so tick it.
const fn ways(step: &Step) -> &'static [(&'static str, &'static str)] {
    match step {
        Step::Acknowledge => &[("incident.acknowledge", "takes it")],
        Step::Assess => &[("incident.severity", "how bad")],
        Step::Channel => &[("incident.channel", "opens one")],
        Step::Mitigate => &[("incident.logs", "log"), ("deploy.rollback", "roll back")],
        Step::Communicate => &[("incident.status", "copies a status")],
        Step::Verify => &[("incident.resolve", "when it is well")],
        Step::Review => &[("incident.review", "its draft")],
        Step::Other(_) => &[],
    }
}

/// What changed in the hour before it began, nearest first, and of those as near the last one. The same service's are named in its own look.
fn changes(cx: &Cx<'_>, it: &Incident, found: &[Suspect], flow: &mut Flow<'_>) {
    flow.gap();
    flow.line(|pen| {
        pen.put("what changed before it", cx.style(Role::Accent));
        if found.len() > 1 {
            pen.fit("  nearest first, then newest first", cx.style(Role::Dim));
        }
    });
    let chosen = cx.app.view(PANE).step.checked_sub(it.steps.len()).filter(|_| cx.focused(PANE));
    let known = cx.app.changes_known_from(it);
    if found.is_empty() && known.is_none() {
        flow.text("nothing was deployed or set in the hour before", 0, cx.style(Role::Dim));
    }
    let mut near = None;
    for (i, one) in found.iter().enumerate() {
        if near.replace(one.near) != Some(one.near) {
            flow.text(how_near(one.near), 2, cx.style(Role::Dim));
        }
        let here = chosen == Some(i);
        let (sign, role) = words::mood(one.mood);
        let before = it.opened.since(one.at);
        let before = if before.0 < 1000 { "just before".to_owned() } else { format!("{} before", before.long()) };
        flow.line(|pen| {
            pen.put(if here { glyph::INTO } else { " " }, cx.style(Role::Accent));
            pen.number(&before, 15, cx.style(Role::Dim)).skip(2);
            pen.put(sign, cx.style(role)).put(" ", cx.style(Role::Text));
            let name = one.service.as_ref().map_or("", |id| cx.app.service_name(id));
            pen.cell(name, 10, cx.style(if one.same { Role::Warn } else { Role::Strong })).skip(1);
            // Who did it, where there is room for both.
            if !one.by.is_empty() && pen.left() > text::width(&one.text) + text::width(&one.by) + 2 {
                pen.right(&one.by, cx.style(Role::Dim)).right("  ", cx.style(Role::Dim));
            }
            let look = if here {
                Role::Strong
            } else if one.near == Near::Elsewhere {
                Role::Dim
            } else {
                Role::Text
            };
            pen.fit(&one.text, cx.style(look));
        });
    }
    if let Some(since) = known {
        let none = if found.is_empty() { "nothing that is kept; " } else { "" };
        flow.text(&format!("{none}what is kept of changes begins at {}", cx.app.moment(since)), 0, cx.style(Role::Unknown));
    }
    if let Some(id) = it.deployment.as_ref().filter(|id| cx.app.deployment(id).is_none()) {
        flow.text(&format!("the deployment it began with, {id}, is not kept any more"), 0, cx.style(Role::Unknown));
    }
    if chosen.is_some() {
        flow.line(|pen| {
            pen.skip(18).put(&cx.key("open"), cx.style(Role::Key)).put(" opens it, or goes there in time", cx.style(Role::Dim));
        });
    }
}

/// How near something was changed, over those that were changed there.
const fn how_near(it: Near) -> &'static str {
    match it {
        Near::Named => "what it began with",
        Near::Service => "the same service",
        Near::Project => "the same project",
        Near::Elsewhere => "other projects",
    }
}

fn notes(cx: &Cx<'_>, it: &Incident, flow: &mut Flow<'_>) {
    let app = cx.app;
    flow.line(|pen| {
        pen.put("notes  ", cx.style(Role::Accent))
            .put(&cx.key("incident.note"), cx.style(Role::Key))
            .put(" writes one", cx.style(Role::Dim));
    });
    if it.notes.is_empty() {
        flow.text("none yet", 0, cx.style(Role::Dim));
    }
    for note in &it.notes {
        one(cx, note, flow);
    }
    if app.drafts.get(&it.id).is_some_and(|it| !it.trim().is_empty()) {
        let goes_on = format!("a note was begun and is not sent; {} goes on", cx.key("incident.note"));
        flow.text(&goes_on, 0, cx.style(Role::Warn));
    }
    heading(cx, flow, "its story");
    for note in &it.timeline {
        let line = text::cut(&note.text, flow.width()).into_owned();
        flow.line(|pen| {
            let at = app.moment(note.at);
            pen.cell(&at, text::width(&at).max(9) + 2, cx.style(Role::Dim))
                .cell(&note.by, 10, cx.style(Role::Dim))
                .skip(1)
                .fit(&line, cx.style(Role::Text));
        });
    }
}

fn one(cx: &Cx<'_>, note: &Note, flow: &mut Flow<'_>) {
    flow.line(|pen| {
        pen.put(&cx.app.moment(note.at), cx.style(Role::Dim)).put("  ", cx.style(Role::Text)).put(&note.by, cx.style(Role::Strong));
    });
    flow.text(&note.text, 2, cx.style(Role::Text));
}
