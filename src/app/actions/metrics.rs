//! How charts are looked at.

use crate::app::action::{Action, Arg, Deed, always};
use crate::app::effect::Fx;
use crate::app::metrics::Behind;
use crate::app::pane::PaneId;
use crate::app::state::{App, NoticeKind};

const PANES: &[PaneId] = &[PaneId::Metrics];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("metrics.apart",  &["s"], "services", "A line for each service, or all together",                             Arg::Nothing, |app, _, _| apart(app)),
    row("metrics.behind", &["b"], "compare",  "Behind the chart: deployment before, day before, week before, or off", Arg::Words(&["deployment", "day", "week", "off"]), behind),
];

const fn row(
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
    arg: Arg,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action { name, keys, panes: PANES, label, help, arg, when: always, deed: Deed::Run(run) }
}

fn apart(app: &mut App) {
    app.charts.apart = !app.charts.apart;
    if app.charts.apart && app.services_in_scope().len() < 2 {
        app.notify(NoticeKind::Info, "one service is all there is in the scope; Esc widens it");
    }
}

fn behind(app: &mut App, _: &mut Fx, arg: &str) {
    app.charts.behind = match (arg.trim(), Behind::named(arg.trim())) {
        ("", _) => app.charts.behind.next(),
        (_, Some(it)) => it,
        _ => return app.notify(NoticeKind::Warn, "behind a chart: off, deployment, day or week"),
    };
    if let Err(why) = app.behind() {
        app.notify(NoticeKind::Info, &*why);
    }
}
