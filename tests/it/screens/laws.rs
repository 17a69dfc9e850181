//! What holds for every frame: it draws at any size, inside of its buffer, without a control character.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use trackside::app::pane::PaneId;
use trackside::theme::Theme;
use trackside::ui::view;

use crate::fixture::{self, Story, act, press};

#[test]
fn it_draws_at_every_size_and_nothing_but_text() {
    let theme = Theme::builtin("night");
    let mut apps: Vec<_> =
        [Story::Waiting, Story::Empty, Story::Full, Story::Broken, Story::Refused].map(|story| fixture::app(story, 120, 40)).into();
    for (pane, more) in PaneId::ALL.into_iter().flat_map(|pane| ["z", "z Enter"].map(|more| (pane, more))) {
        let mut app = fixture::app(Story::Full, 120, 40);
        press(&mut app, &format!("{} {more}", pane.digit()));
        apps.push(app);
    }
    // More of them where there is time.
    let (wide, high) = if std::env::var_os("TRACKSIDE_SIZES").is_some() { (9, 4) } else { (13, 9) };
    let mut sizes: Vec<(u16, u16)> = (1..=220).step_by(wide).flat_map(|w| (1..=70).step_by(high).map(move |h| (w, h))).collect();
    sizes.extend([(1, 1), (2, 1), (1, 70), (220, 1), (40, 10), (60, 16), (100, 28), (150, 36)]);
    for app in &apps {
        for (width, height) in sizes.iter().copied() {
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            view(app, &theme, &mut buf);
            assert_eq!(buf.area, Rect::new(0, 0, width, height));
            assert!(buf.content.iter().all(|cell| !cell.symbol().contains(char::is_control)), "a control character at {width}x{height}");
            assert!(buf.content.iter().any(|cell| cell.symbol() != " "), "nothing is said at {width}x{height}");
        }
    }
    crate::figures::keep("sizes and screens, each drawn whole", format!("{} of {} screens", sizes.len(), apps.len()), "400 of all");
}

#[test]
fn ascii_means_ascii() {
    for story in [Story::Waiting, Story::Full, Story::Broken] {
        for (width, height) in [(30, 4), (60, 16), (80, 24), (120, 40), (200, 60)] {
            let mut app = fixture::app(story, width, height);
            app.settings.ascii = true;
            press(&mut app, "4 z");
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            view(&app, &Theme::builtin("night"), &mut buf);
            assert!(buf.content.iter().all(|cell| cell.symbol().is_ascii()), "something outside of ASCII at {width}x{height}");
        }
    }
}

#[test]
fn drawing_twice_is_drawing_once() {
    let app = fixture::app(Story::Full, 120, 40);
    let theme = Theme::builtin("day");
    let mut one = Buffer::empty(Rect::new(0, 0, 120, 40));
    view(&app, &theme, &mut one);
    let mut two = Buffer::empty(Rect::new(0, 0, 120, 40));
    view(&app, &theme, &mut two);
    assert_eq!(one, two);
}

#[test]
fn no_incidents_is_never_said_of_an_old_answer() {
    let mut app = fixture::app(Story::Empty, 120, 40);
    let said = |app: &trackside::app::state::App| {
        super::render::text(&super::render::frame(app, &Theme::builtin("night"))).contains("no incidents")
    };
    assert!(said(&app));
    app.sources[0].link = trackside::model::link::Link::Stale { since: fixture::NOW };
    assert!(!said(&app));
    act(&mut app, "refresh");
    assert!(!said(&app));
}

#[test]
fn a_p1_and_its_clock_are_said_at_every_size() {
    for (width, height) in [(30, 2), (44, 11), (60, 16), (80, 24), (100, 28), (150, 40), (200, 60)] {
        let app = fixture::app(Story::Full, width, height);
        let text = super::render::text(&super::render::frame(&app, &Theme::builtin("night")));
        assert!(text.contains("P1") && text.contains("12:31"), "at {width}x{height}:\n{text}");
    }
}

#[test]
fn a_note_says_how_it_is_sent() {
    let mut app = fixture::app(Story::Full, 80, 24);
    press(&mut app, "5 N");
    assert!(super::render::text(&super::render::frame(&app, &Theme::builtin("night"))).contains("ctrl-s sends"));
}
