//! A recording that is replayed: pause, step, speed, seek.

use crate::app::action::{Action, Arg, Reason};
use crate::app::effect::{Effect, Fx};
use crate::app::replay::{Drive, STRIDE};
use crate::app::state::{App, NoticeKind};

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action::anywhere("replay.pause",   &[","],     "", "Replay: stand still, or go on",                          |_, fx, _| fx.want(Effect::Replay(Drive::Pause))).if_(replayed),
    Action::anywhere("replay.step",    &["."],     "", "Replay: to the next thing that happened",                |_, fx, _| fx.want(Effect::Replay(Drive::Step))).if_(replayed),
    Action::anywhere("replay.line",    &["alt-/"], "", "Replay: to the next log lines, or thing that happened",  |_, fx, _| fx.want(Effect::Replay(Drive::Line))).if_(replayed),
    Action::anywhere("replay.back",    &["alt-,"], "", "Replay: 30 s back",                                       |app, fx, _| stride(app, fx, false)).if_(replayed),
    Action::anywhere("replay.forward", &["alt-."], "", "Replay: 30 s on",                                         |app, fx, _| stride(app, fx, true)).if_(replayed),
    Action::anywhere("replay.slower",  &["alt-<"], "", "Replay: half as fast",                                    |_, fx, _| fx.want(Effect::Replay(Drive::Faster(0.5)))).if_(replayed),
    Action::anywhere("replay.faster",  &["alt->"], "", "Replay: twice as fast",                                   |_, fx, _| fx.want(Effect::Replay(Drive::Faster(2.0)))).if_(replayed),
    Action::anywhere("replay.seek",    &[],        "", "Replay: go to 14:02, +5m, -30s or 40%",                   seek).with(Arg::Text).if_(replayed),
];

fn replayed(app: &App, _: &str) -> Result<(), Reason> {
    if app.replay.is_some() { Ok(()) } else { Err("this is no recording: `trackside replay FILE` shows one".into()) }
}

fn stride(app: &mut App, fx: &mut Fx, on: bool) {
    if let Some(it) = &app.replay {
        let to = if on { it.at + STRIDE } else { it.at - STRIDE };
        fx.want(Effect::Replay(Drive::Seek(to)));
    }
}

fn seek(app: &mut App, fx: &mut Fx, typed: &str) {
    let place = app.replay.and_then(|it| it.place(typed, if app.settings.utc { 0 } else { app.settings.offset_minutes }));
    match place {
        Some(at) => fx.want(Effect::Replay(Drive::Seek(at))),
        None => app.notify(NoticeKind::Warn, "replay.seek takes a time as 14:02, a distance as +5m or -30s, or a share as 40%"),
    }
}
