//! Every pane at three sizes, waiting, empty, full and broken.

use insta::assert_snapshot;
use trackside::app::msg::Msg;
use trackside::app::pane::PaneId;
use trackside::app::state::App;
use trackside::app::update::update;
use trackside::model::time::Millis;
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

#[test]
fn what_is_opened_and_what_lies_over_the_panes() {
    let keys = [
        ("deployment", "2 j Enter"),
        ("incident", "5 Enter"),
        ("help", "?"),
        ("palette", ": d e"),
        ("confirm", "2 j R"),
        ("note", "5 N"),
        ("themes", "T"),
        ("ranges", "r"),
        ("cursor", "4 z { {"),
        ("past", "( ( ("),
    ];
    for (width, height) in [(80, 24), (120, 40)] {
        for (name, keys) in keys {
            let mut app = fixture::app(Story::Full, width, height);
            press(&mut app, keys);
            keep(&format!("over-{name}"), &app);
        }
    }
}

#[test]
fn a_log_record_and_columns_of_fields() {
    for (width, height) in SIZES {
        let mut app = fixture::app(Story::Full, width, height);
        press(&mut app, "3 z E");
        act(&mut app, "field.column=request field.first=order");
        keep("fields", &app);
        press(&mut app, "Enter j");
        keep("record", &app);
        if (width, height) == (120, 40) {
            assert_snapshot!("roles-record", roles(&app));
        }
        press(&mut app, "J");
        keep("record-json", &app);
    }
}

#[test]
fn the_smallest_sizes_say_the_worst_fact() {
    for (width, height) in [(50, 12), (30, 4), (12, 1)] {
        for (name, story) in [("full", Story::Full), ("broken", Story::Broken)] {
            keep(&format!("tiny-{name}"), &fixture::app(story, width, height));
        }
    }
}

#[test]
fn production_cannot_be_overlooked() {
    let mut app = fixture::app(Story::Full, 120, 40);
    app.settings.production = true;
    let screen = text(&frame(&app, &Theme::builtin("night")));
    assert!(screen.lines().next().unwrap().contains("PROD"));
    keep("production", &app);
    app.settings.ascii = true;
    keep("ascii", &app);
}

#[test]
fn every_cell_has_the_right_role() {
    for (width, height) in SIZES {
        assert_snapshot!(format!("roles-overview-{width}x{height}"), roles(&fixture::app(Story::Full, width, height)));
    }
    for pane in PaneId::ALL {
        let mut app = fixture::app(Story::Full, 120, 40);
        press(&mut app, &format!("{} z", pane.digit()));
        assert_snapshot!(format!("roles-{}", pane.title().to_lowercase()), roles(&app));
    }
}

#[test]
fn the_watches_at_every_size() {
    for (width, height) in SIZES {
        let mut app = fixture::app(Story::Full, width, height);
        let typed = [
            "p95 > 10ms on api for 2s",
            "errors > 90% on api for 2s",
            "level:error checkout > 5/min",
            "lines/min < 1 on worker for 5m",
            "mem > 80% on storefront/static",
            "cpu > 90% on nowhere",
        ];
        for typed in typed {
            update(&mut app, Msg::Act("watch".to_owned(), typed.to_owned()));
        }
        for second in 1..=4 {
            let now = fixture::NOW + Millis::secs(second);
            update(&mut app, Msg::Tick(now));
        }
        update(&mut app, Msg::Act("quiet".to_owned(), "30m".to_owned()));
        app.notices.clear();
        keep("quiet-and-true", &app);
        act(&mut app, "watches");
        press(&mut app, "j j");
        keep("watches", &app);
        press(&mut app, "Esc");
        update(&mut app, Msg::Act("watch".to_owned(), "p95 > 800 on api".to_owned()));
        keep("watch-mistake", &app);
    }
}
