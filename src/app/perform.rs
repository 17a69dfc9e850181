//! Doing an action by its name: refused with the reason, asked about first, or done.

use super::action::Deed;
use super::actions;
use super::effect::Fx;
use super::state::{App, NoticeKind, Overlay};

/// Does the action of that name.
pub fn act(app: &mut App, fx: &mut Fx, name: &str, arg: &str) {
    let Some(action) = actions::find(name) else {
        return app.notify(NoticeKind::Warn, format!("there is no action `{name}`"));
    };
    if let Err(why) = (action.when)(app, arg) {
        return app.notify(NoticeKind::Warn, why);
    }
    if name != "copy.id" {
        app.copied = None;
    }
    match action.deed {
        Deed::Run(run) => run(app, fx, arg),
        Deed::Ask(ask) => match ask(app, arg) {
            Ok(question) => app.overlays.push(Overlay::Confirm(question)),
            Err(why) => app.notify(NoticeKind::Warn, why),
        },
    }
}
