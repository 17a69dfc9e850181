//! Being told: what is watched, and when nothing may sound.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, Reason, always};
use crate::app::effect::Fx;
use crate::app::notify::quiet::ByHand;
use crate::app::state::{App, NoticeKind, Overlay};
use crate::model::query::span;
use crate::model::time::Millis;

/// Quiet by hand lasts so long at most: it is for a meeting or a night, and must not be forgotten for good.
const LONGEST: Millis = Millis::hours(24);
/// And so long when nothing is said.
const USUAL: Millis = Millis::hours(1);

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("watch",   &[], "Tell me when: errors/min > 30 on api, p95 > 800ms for 2m, level:error checkout > 5/min", Arg::Watch, always, watch),
    row("watches", &[], "What is watched, and how it stands",                     Arg::Nothing, watching, |app, _, _| app.overlays.push(Overlay::Watches { cursor: 0 })),
    row("quiet",   &[], "Nothing sounds for a time: 30m, or off to end it; a P1 still does", Arg::Text, always, quiet),
];

const fn row(
    name: &'static str,
    keys: &'static [&'static str],
    help: &'static str,
    arg: Arg,
    when: fn(&App, &str) -> Result<(), Reason>,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action { name, keys, panes: ANYWHERE, label: "", help, arg, when, deed: Deed::Run(run) }
}

fn watching(app: &App, _: &str) -> Result<(), Reason> {
    if app.news.watches.is_empty() { Err("nothing is watched; :watch errors/min > 30 on api".into()) } else { Ok(()) }
}

/// A mistake is mended where it stands: the prompt opens with what was typed and a caret under it.
fn watch(app: &mut App, _: &mut Fx, typed: &str) {
    if typed.trim().is_empty() {
        return app.prompt_watch(None, "");
    }
    if let Err(it) = app.set_watch(None, typed) {
        app.prompt_watch(None, typed);
        if let Some(prompt) = &mut app.prompt {
            prompt.caret = it.at.min(typed.len());
            prompt.error = Some((it.at, it.text));
        }
    }
}

fn quiet(app: &mut App, _: &mut Fx, typed: &str) {
    let now = app.now;
    match typed.trim() {
        "off" => {
            let until = app.quiet_until();
            // In quiet hours it is loud until they end, and not for ever.
            app.news.by_hand = match (app.news.by_hand, until) {
                (ByHand::QuietUntil(_), _) | (_, None) => ByHand::Nothing,
                (_, Some(until)) => ByHand::LoudUntil(until),
            };
            // Quiet hours may have been under what was said by hand.
            if let (Some(_), Some(until)) = (until, app.quiet_until()) {
                app.news.by_hand = ByHand::LoudUntil(until);
            }
            app.notify(NoticeKind::Info, if until.is_some() { "not quiet any more" } else { "it was not quiet" });
        }
        text => {
            let time = if text.is_empty() { Some(USUAL) } else { span(text) };
            let Some(time) = time.filter(|it| *it >= Millis::secs(1) && *it <= LONGEST) else {
                return app
                    .notify(NoticeKind::Warn, format!("for how long? :quiet 30m (24h at most), or :quiet off; `{text}` is none of it"));
            };
            app.news.by_hand = ByHand::QuietUntil(now + time);
            let until = app.hour(now + time);
            app.notify(
                NoticeKind::Info,
                format!("quiet until {until}: messages are only shown; what the config calls always (a P1) still sounds"),
            );
        }
    }
}
