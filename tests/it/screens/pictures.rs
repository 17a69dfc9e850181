//! Every pane at three sizes, waiting, empty, full and broken.

use insta::assert_snapshot;
use trackside::app::pane::PaneId;
use trackside::app::state::App;
use trackside::theme::Theme;

use super::render::{frame, roles, shot, text};
use crate::fixture::{self, Story, act, press};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn keep(name: &str, app: &App) {
    for theme in ["night", "day", "ansi", "mono"] {
        shot(&format!("{name}-{theme}"), &frame(app, &Theme::builtin(theme)));
    }
    assert_snapshot!(format!("{name}-{}x{}", app.size.0, app.size.1), text(&frame(app, &Theme::builtin("night"))));
}

#[test]
fn the_overview_at_every_size() {
    for (width, height) in SIZES {
        for (name, story) in [
            ("waiting", Story::Waiting),
            ("empty", Story::Empty),
            ("full", Story::Full),
            ("broken", Story::Broken),
            ("refused", Story::Refused),
        ] {
            keep(&format!("overview-{name}"), &fixture::app(story, width, height));
        }
    }
}

#[test]
fn every_pane_zoomed() {
    for (width, height) in SIZES {
        for pane in PaneId::ALL {
            let mut app = fixture::app(Story::Full, width, height);
            press(&mut app, &format!("{} z", pane.digit()));
            keep(&format!("zoomed-{}", pane.title().to_lowercase()), &app);
        }
    }
}
