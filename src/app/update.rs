//! The reducer: one message in, wishes out. It cannot fail, does no I/O and knows no clock but its messages'.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyModifiers};

use super::action::Arg;
use super::actions;
use super::chord;
use super::effect::{Effect, Fx};
use super::keymap::Found;
use super::mouse::mouse;
use super::msg::{Msg, Outcome};
use super::overlay;
use super::perform::act;
use super::prompt;
use super::skew::by_platform;
use super::state::{App, NoticeKind, Overlay, Palette};
use crate::model::event::Event;
use crate::model::time::{Millis, Time};

/// Within this time a second ctrl-c leaves.
const TWICE: Millis = Millis::secs(3);

/// Applies `msg`.
pub fn update(app: &mut App, msg: Msg) -> Fx {
    let mut fx = Fx::default();
    let msg = by_platform(msg, app.ahead);
    let person = matches!(msg, Msg::Key(..) | Msg::Mouse(_) | Msg::Act(..));
    let asked = app.overlays.len();
    if person || matches!(msg, Msg::Done(Outcome::Copied { .. })) {
        app.deed_begins();
    }
    match msg {
        Msg::Tick(now) => tick(app, &mut fx, now),
        Msg::Key(key, at) => {
            app.now = app.now.max(at);
            press(app, &mut fx, chord::normal(key), at);
        }
        Msg::Paste(text) => paste(app, &mut fx, &text),
        Msg::Mouse(it) => mouse(app, &mut fx, it),
        Msg::Resize(width, height) => app.size = (width, height),
        // An answer that says nothing new is no reason to draw.
        Msg::Background { light } => fx.unchanged = std::mem::replace(&mut app.settings.light, light) == light,
        Msg::Slow(slow) => app.slow = app.settings.lo_fi.unwrap_or(slow),
        Msg::Fact(source, event, at) => {
            // What tells the time tells it for this instant, also where our own clock was put back.
            app.now = if matches!(event, Event::Heard { .. }) { at } else { app.now.max(at) };
            fx.unchanged = !app.absorb(&mut fx, source, event);
        }
        Msg::Act(name, arg) => act(app, &mut fx, &name, &arg),
        Msg::Drawn(at) => {
            if let Some(Overlay::Confirm(it)) = app.overlays.last_mut()
                && !it.drawn
            {
                it.drawn = true;
                it.opened = at;
            }
            fx.unchanged = true;
        }
        Msg::Done(Outcome::Taken(export)) => {
            app.export_taken(export);
            fx.unchanged = true;
        }
        Msg::Done(outcome) => done(app, &mut fx, outcome),
        Msg::Context(settings, sources) => app.enter_context(&mut fx, *settings, sources),
        Msg::Settings(settings, said) => {
            app.take_settings(&mut fx, *settings);
            for (kind, text) in said {
                app.notify(kind, text);
            }
        }
    }
    app.deed_ends(asked);
    app.settle();
    app.settle_place(person);
    overlay::settle(app);
    app.settle_export(&mut fx);
    app.fetch(&mut fx);
    app.settle_title(&mut fx);
    fx
}

fn tick(app: &mut App, fx: &mut Fx, now: Time) {
    fx.unchanged = !app.beats(now);
    if app.leaving.is_some_and(|at| now.since(at) > TWICE) {
        app.leaving = None;
    }
    app.tell_links(fx);
    app.ring_clocks(fx);
    app.look_at_watches(fx);
}

fn press(app: &mut App, fx: &mut Fx, key: KeyCombination, at: Time) {
    let is = |c, modifiers| key == KeyCombination::one_key(KeyCode::Char(c), modifiers);
    if is('c', KeyModifiers::CONTROL) {
        if app.leaving.is_some_and(|first| at.since(first) <= TWICE) {
            fx.want(Effect::Quit);
        } else {
            app.leaving = Some(at);
            app.notify(NoticeKind::Info, "ctrl-c again leaves; so does q");
        }
        return;
    }
    app.leaving = None;
    if !app.overlays.is_empty() {
        return overlay::key(app, fx, key, at);
    }
    if app.prompt.is_some() {
        return prompt::key(app, key);
    }
    bound(app, fx, key);
}

/// A key of the keymap, perhaps in the middle of a sequence.
fn bound(app: &mut App, fx: &mut Fx, key: KeyCombination) {
    app.pending.push(key);
    let began = app.pending.len() > 1;
    match app.keymap.find(app.focus, &app.pending) {
        Found::Action(name) => {
            let name = name.to_owned();
            app.pending.clear();
            let (name, arg) = name.split_once(' ').unwrap_or((&name, ""));
            if arg.is_empty() && asks_for_more(name) {
                return app.overlays.push(Overlay::Palette(Palette::begun(format!("{name} "))));
            }
            act(app, fx, name, arg);
        }
        Found::Prefix => {}
        Found::Nothing => {
            app.pending.clear();
            // A sequence that leads nowhere takes its hints away; a key that means nothing changes nothing.
            fx.unchanged = !began;
        }
    }
}

/// Whether an action that somebody has bound to a key cannot guess what it is about, and has no prompt: those that can have a key of their own.
fn asks_for_more(name: &str) -> bool {
    actions::find(name).is_some_and(|it| {
        let bare = matches!(it.arg, Arg::Text | Arg::Words(_) | Arg::Watch | Arg::Theme | Arg::Project);
        it.keys.is_empty() && (bare || (it.arg != Arg::Nothing && name.starts_with("go.")))
    })
}

fn paste(app: &mut App, fx: &mut Fx, text: &str) {
    if !app.overlays.is_empty() {
        overlay::paste(app, text);
    } else if app.prompt.is_some() {
        prompt::paste(app, text);
    } else {
        // Pasted text is never taken for keys: it might hold any of them.
        fx.unchanged = text.is_empty();
        if !text.is_empty() {
            app.notify(NoticeKind::Info, "pasted text is for prompts; / searches, : finds actions");
        }
    }
}

fn done(app: &mut App, fx: &mut Fx, outcome: Outcome) {
    match outcome {
        Outcome::Copied { what, way } => {
            let again = if app.copied.is_some() { "; y again: this view's locator" } else { "" };
            app.notify(NoticeKind::Good, format!("{what} copied ({way}){again}"));
        }
        Outcome::Written { path, lines } => app.notify(NoticeKind::Good, format!("{lines} lines written to {path}")),
        Outcome::Piped { command, failed, said } => piped(app, &command, failed.as_deref(), said),
        Outcome::Hooked { what, failed, said } => {
            app.channel_opened(fx, &what, failed.is_some(), &said);
            app.hooked(fx, &what, failed, &said);
        }
        Outcome::Taken(export) => app.export_taken(export),
        Outcome::Closed(export) => app.export_closed(export),
        Outcome::Edited(text) => overlay::edited(app, &text),
        Outcome::Failed(why) => app.notify(NoticeKind::Bad, why),
    }
}

/// A word or two become a message, more of them something to read.
fn piped(app: &mut App, command: &str, failed: Option<&str>, mut said: Vec<String>) {
    let kind = if failed.is_some() { NoticeKind::Bad } else { NoticeKind::Good };
    let first = if said.len() == 1 { said.pop() } else { None };
    let text = match (failed, first) {
        (Some(how), Some(first)) => format!("{command}: {how}: {first}"),
        (Some(how), None) => format!("{command}: {how}"),
        (None, Some(first)) => format!("{command}: {first}"),
        (None, None) if said.is_empty() => format!("{command}: done, it said nothing"),
        (None, None) => format!("{command}: done"),
    };
    app.notify(kind, text);
    if !said.is_empty() {
        app.overlays.push(Overlay::Output { title: command.to_owned(), lines: said, top: 0 });
    }
}
