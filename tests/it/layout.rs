//! Where panes are: moved, hidden, one under the other, at every size.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use trackside::app::layout::{Areas, Arrangement, Size, Split, layout};
use trackside::app::msg::{Mouse, MouseKind, Msg};
use trackside::app::pane::PaneId;
use trackside::theme::Theme;
use trackside::ui::view;

use crate::dash::{Dash, dash};

/// Wishes from none to absurd.
fn splits() -> Vec<Split> {
    let mut all = vec![Split::default()];
    for by in [-300, -7, 5, 300, i16::MIN, i16::MAX] {
        all.push(Split { left: by, upper: by, small: by, half: by, stack: [by; 5], ..Split::default() });
    }
    for bits in 1u8..32 {
        let hidden = std::array::from_fn(|n| bits & (1 << n) != 0);
        all.push(Split { hidden, ..Split::default() });
        all.push(Split { hidden, left: 9, upper: -4, small: 3, half: -20, stack: [4, -2, 9, -9, 1] });
    }
    all
}

/// Everything that is drawn in its own place.
fn parts(areas: &Areas) -> Vec<Rect> {
    let all = areas.panes.iter().chain([&areas.header, &areas.footer, &areas.timeline]);
    all.copied().filter(|it| !it.is_empty()).collect()
}

#[test]
fn whatever_is_wished_for_nothing_lies_over_anything_else_and_the_focused_pane_is_there() {
    let sizes = [
        (1, 1),
        (39, 60),
        (40, 9),
        (40, 10),
        (50, 70),
        (60, 16),
        (80, 24),
        (80, 50),
        (99, 40),
        (100, 28),
        (120, 40),
        (149, 90),
        (150, 36),
        (300, 100),
    ];
    for (width, height) in sizes {
        for split in splits() {
            for focus in PaneId::ALL {
                for zoom in [false, true] {
                    let areas = layout(width, height, Arrangement { focus, zoom, split, production: true });
                    let parts = parts(&areas);
                    let at = format!("{width}x{height} {focus:?} zoom {zoom} {split:?}: {areas:?}");
                    for (i, part) in parts.iter().enumerate() {
                        assert!(part.right() <= width && part.bottom() <= height, "{at}");
                        assert!(parts[i + 1..].iter().all(|other| part.intersection(*other).is_empty()), "{at}");
                    }
                    assert!(areas.size == Size::Line || !areas.pane(focus).is_empty(), "{at}");
                    if areas.size >= Size::Tall {
                        let cells: u32 = parts.iter().map(|it| it.area()).sum();
                        assert_eq!(cells, u32::from(width) * u32::from(height), "nothing is left over: {at}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_size_is_drawn_with_panes_moved_and_hidden() {
    let theme = Theme::load("night", |_| None).0;
    let mut it = dash();
    let all = splits();
    for (n, (width, height)) in (1..=120u16).step_by(7).flat_map(|w| (1..=72u16).step_by(5).map(move |h| (w, h))).enumerate() {
        it.send(Msg::Resize(width, height));
        it.app.split = all[n % all.len()];
        it.press(["1", "2", "3", "4", "5", "z"][n % 6]);
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        view(&it.app, &theme, &mut buf);
        assert!(buf.content.iter().any(|cell| cell.symbol() != " "), "{width}x{height} is empty");
    }
}

#[test]
fn a_tall_narrow_screen_shows_all_panes_one_under_the_other() {
    let it = dash().at(50, 70);
    let areas = it.app.areas();
    assert_eq!(areas.size, Size::Tall);
    let tops: Vec<u16> =
        [PaneId::Projects, PaneId::Deployments, PaneId::Metrics, PaneId::Incidents, PaneId::Logs].map(|it| areas.pane(it).y).into();
    assert!(tops.is_sorted() && tops[0] < tops[4] && areas.timeline.y < tops[4], "{tops:?}");
    assert!(PaneId::ALL.iter().all(|it| areas.pane(*it).width == 50 && areas.pane(*it).height >= 5));
    // The usual 80x24 stays what it was: one pane large, the others a line each.
    assert_eq!(dash().at(80, 24).app.areas().size, Size::Medium);
    assert_eq!(dash().at(80, 39).app.areas().size, Size::Medium);
}

fn sizes(it: &Dash) -> [(u16, u16); 5] {
    let areas = it.app.areas();
    PaneId::ALL.map(|pane| (areas.pane(pane).width, areas.pane(pane).height))
}

#[test]
fn the_focused_pane_grows_and_shrinks_by_keys_and_stops_at_the_edge() {
    for (width, height) in [(120, 40), (160, 45), (50, 70)] {
        for pane in PaneId::ALL {
            let mut it = dash().at(width, height);
            it.app.set_focus(pane);
            let n = pane.index();
            let before = sizes(&it)[n];
            it.press("shift-Down");
            assert_eq!(sizes(&it)[n].1, before.1 + 1, "{pane:?} at {width}x{height}");
            it.press("shift-Up shift-Up");
            assert_eq!(sizes(&it)[n].1, before.1 - 1, "{pane:?} at {width}x{height}");
            if width > 50 && pane != PaneId::Logs {
                it.press("shift-Up shift-Down shift-Right");
                assert_eq!(sizes(&it)[n].0, before.0 + 2, "{pane:?} at {width}x{height}");
            }
            // However often it is pressed, one press the other way is felt.
            for _ in 0..200 {
                it.press("shift-Up");
            }
            assert!(it.said().contains("no more room"), "{}", it.said());
            let least = sizes(&it)[n].1;
            it.press("shift-Down");
            assert_eq!(sizes(&it)[n].1, least + 1, "{pane:?} at {width}x{height}");
        }
    }
    let mut it = dash().at(80, 24);
    it.press("shift-Down");
    assert!(it.said().contains("at this size one pane has the room"), "{}", it.said());
}

#[test]
fn a_hidden_pane_leaves_its_room_is_skipped_and_comes_back_by_its_digit() {
    let mut it = dash();
    let usual = sizes(&it);
    it.press("4 _");
    assert!(it.app.areas().pane(PaneId::Metrics).is_empty() && it.app.focus == PaneId::Incidents);
    assert_eq!(sizes(&it)[4].0, usual[4].0 + usual[3].0, "its neighbour has its room");
    it.press("S-Tab");
    assert_eq!(it.app.focus, PaneId::Logs);
    it.press("Tab");
    assert_eq!(it.app.focus, PaneId::Incidents);
    it.press("4");
    assert_eq!(sizes(&it), usual, "while it has the keys it is shown");
    it.press("1");
    assert!(it.app.areas().pane(PaneId::Metrics).is_empty());
    it.press("4 _ 1");
    assert_eq!(sizes(&it), usual, "and now for good");
    it.press("_ _ _ _ _");
    assert!(it.said().contains("this is the last pane"), "{}", it.said());
    assert_eq!(it.app.split.hidden.iter().filter(|it| **it).count(), 4);
    it.press("|");
    assert_eq!(sizes(&it), usual);
}

#[test]
fn a_border_follows_the_mouse_that_holds_it() {
    let mut it = dash();
    let mouse = |kind, x, y| Msg::Mouse(Mouse { kind, x, y });
    let before = it.app.areas();
    let edge = before.pane(PaneId::Projects).right() - 1;
    it.send(mouse(MouseKind::Press, edge, 5));
    for x in [edge + 1, edge + 4, edge + 9] {
        it.send(mouse(MouseKind::Drag, x, 6));
    }
    it.send(mouse(MouseKind::Release, edge + 9, 6));
    assert_eq!(it.app.areas().pane(PaneId::Projects).right(), edge + 10);
    let bottom = it.app.areas().timeline.y;
    it.send(mouse(MouseKind::Press, 3, bottom - 1));
    it.send(mouse(MouseKind::Drag, 3, bottom - 4));
    it.send(mouse(MouseKind::Release, 3, bottom - 4));
    assert_eq!(it.app.areas().timeline.y, bottom - 3);
    // A click inside of a pane holds nothing.
    let split = it.app.split;
    it.send(mouse(MouseKind::Press, 3, 4));
    it.send(mouse(MouseKind::Drag, 9, 9));
    it.send(mouse(MouseKind::Release, 9, 9));
    assert_eq!(it.app.split, split);
}
