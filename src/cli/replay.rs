//! `trackside replay FILE`: the dashboard as it was when it was recorded.

use tokio::runtime::Handle;

use super::args::Look;
use super::dashboard;
use super::exit::{Failure, OK, Outcome, USAGE};
use super::out::Out;
use super::replay_args::Replay;
use crate::app::notify::rules::Rules;
use crate::app::replay::Replay as State;
use crate::app::state::Settings;
use crate::config::Config;
use crate::model::query::TIMES;
use crate::runtime::player::Player;
use crate::runtime::recording::Recording;
use crate::runtime::run::refusal;
use crate::runtime::tape::Plan;
use crate::runtime::views::Views;

/// Runs it.
pub fn run(out: Out, config: &Config, look: &Look, it: &Replay, on: &Handle) -> Outcome {
    let name = it.file.display();
    let tape = Recording::open(&it.file).map_err(|why| Failure::new(USAGE, format!("{name} cannot be shown: {why}")))?;
    if it.info {
        return info(out, &tape);
    }
    if look.record.is_some() {
        return Err(Failure::new(USAGE, "a recording is not recorded: copy its file"));
    }
    let mut settings = dashboard::settings(config, look);
    let place = State { from: tape.from(), to: tape.to(), at: tape.from(), speed: it.speed, paused: it.paused };
    let at = it.at.as_deref().map(|typed| {
        let offset = if settings.utc { 0 } else { settings.offset_minutes };
        place.place(typed, offset).ok_or_else(|| Failure::new(USAGE, format!("--at is `{typed}`; expected {TIMES}, +5m or 40%")))
    });
    let at = at.transpose()?;
    if let Some(why) = refusal() {
        return Err(Failure::new(USAGE, why));
    }
    settings = Settings {
        context: tape.header.context.to_string(),
        production: tape.header.production,
        read_only: Some("this is a recording".to_owned()),
        escalate: None,
        channel: None,
        notify: Rules::default(),
        ..settings
    };
    let plan = Plan::Replay(Box::new(Player::new(tape, it.speed, it.paused)), at);
    dashboard::show(&[], settings, Vec::new(), plan, Views::default(), on, (None, None))
}

fn info(out: Out, tape: &Recording) -> Outcome {
    let (from, to) = (tape.from(), tape.to());
    let names: Vec<&str> = tape.header.sources.iter().map(|it| it.name.as_str()).collect();
    let said = serde_json::json!({
        "context": tape.header.context,
        "production": tape.header.production,
        "program": tape.header.program,
        "sources": tape.header.sources,
        "from": from,
        "to": to,
        "entries": tape.marks.len(),
        "cut": tape.cut,
    });
    let cut = if tape.cut { "\nits end is missing: the program was ended, or the file was cut" } else { "" };
    let text = format!(
        "context {}{}, {}\nfrom {from} to {to} ({})\n{} entries, recorded by trackside {}{cut}",
        tape.header.context,
        if tape.header.production { " (production)" } else { "" },
        names.join(", "),
        to.since(from).long(),
        tape.marks.len(),
        tape.header.program,
    );
    out.answer(&said, &text)?;
    Ok(OK)
}
