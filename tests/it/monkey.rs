//! A hundred thousand keys, clicks, pastes and sizes by chance on a dashboard full of things: nothing falls over, and nothing is written.

use trackside::app::chord;
use trackside::app::effect::Effect;
use trackside::app::msg::{Mouse, MouseKind, Msg};
use trackside::app::update::update;
use trackside::model::time::Millis;
use trackside::theme::Theme;
use trackside::ui::view;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::figures;
use crate::fixture::{self, Story};
use crate::hostile::Dice;

const EVENTS: usize = 100_000;
const NAMED: [&str; 24] = [
    "Enter",
    "Esc",
    "Tab",
    "S-Tab",
    "Up",
    "Down",
    "Left",
    "Right",
    "Home",
    "End",
    "PgUp",
    "PgDn",
    "Backspace",
    "Delete",
    "space",
    "ctrl-c",
    "ctrl-d",
    "ctrl-u",
    "ctrl-l",
    "ctrl-r",
    "ctrl-s",
    "F1",
    "alt-x",
    "ctrl-z",
];

#[test]
fn chance_at_keys_mouse_and_size_breaks_nothing_and_writes_nothing_that_is_locked() {
    let seed = std::env::var("TRACKSIDE_MONKEY").ok().and_then(|it| it.parse().ok()).unwrap_or(12);
    println!("TRACKSIDE_MONKEY={seed}");
    let (mut dice, theme) = (Dice(seed), Theme::builtin("night"));
    let mut app = fixture::app(Story::Full, 120, 40);
    app.settings.read_only = Some("the config says so".to_owned());
    let (mut width, mut height, mut drawn) = (120_u16, 40_u16, 0);
    for n in 0..EVENTS {
        let msg = match dice.below(100) {
            0..=59 => {
                let sign = char::from(b'!' + dice.below(94) as u8).to_string();
                let Ok(key) = chord::parse(&sign) else { continue };
                Msg::Key(key, app.now)
            }
            60..=84 => Msg::Key(chord::parse(NAMED[dice.below(NAMED.len())]).unwrap(), app.now),
            85..=93 => {
                let kinds = [MouseKind::Press, MouseKind::Drag, MouseKind::Release, MouseKind::Up, MouseKind::Down];
                Msg::Mouse(Mouse {
                    kind: kinds[dice.below(5)],
                    x: dice.below(usize::from(width) + 3) as u16,
                    y: dice.below(usize::from(height) + 3) as u16,
                })
            }
            94 => Msg::Paste("a\u{1b}[31m\nlevel:error \u{202e}".repeat(dice.below(4))),
            95 => {
                (width, height) = (dice.below(260) as u16, dice.below(80) as u16);
                Msg::Resize(width, height)
            }
            96..=98 => Msg::Tick(app.now + Millis(dice.below(30_000) as i64)),
            _ => Msg::Drawn(app.now),
        };
        for effect in update(&mut app, msg).effects {
            if let Effect::Ask { request, .. } = effect {
                assert!(!request.writes(), "event {n}: {request:?} left a dashboard that writes nothing");
            }
        }
        if n % 400 == 0 {
            let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
            view(&app, &theme, &mut frame);
            drawn += 1;
        }
    }
    figures::keep("events of the monkey", format!("{EVENTS}, {drawn} frames"), 100_000);
}
