//! Keys, pastes, mouse and size, from the terminal into lane 1: a thread of its own that blocks in the read and is never joined.

use std::io;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crokey::KeyCombination;
use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use tokio::sync::mpsc::Sender;

use super::stop::{HUNG_UP, Stop};
use super::terminal::Terminal;
use super::tty::wait_for_hang_up;
use super::turn::Urgent;
use crate::app::msg::{Mouse, MouseKind, Msg};
use crate::model::time::Time;

/// Starts reading into `lane`; `stop` is told when the terminal is gone. `painted` is the size that is on the screen.
pub fn start(lane: Sender<Urgent>, stop: &Stop, painted: (u16, u16)) -> io::Result<()> {
    let gone = stop.clone();
    // Its own watch, because a read can hang for ever on a terminal that is no more.
    thread::Builder::new().name("hang-up".to_owned()).spawn(move || {
        wait_for_hang_up();
        gone.now(HUNG_UP);
    })?;
    let gone = stop.clone();
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        // The first look sets up the watch for resizes; one that came between the first frame and now was told to nobody.
        let _ = crossterm::event::poll(Duration::ZERO);
        let (width, height) = Terminal::size();
        if (width, height) != painted {
            let _ = lane.blocking_send(Urgent::Msg(Msg::Resize(width, height)));
        }
        loop {
            let Ok(event) = crossterm::event::read() else {
                gone.now(HUNG_UP);
                return;
            };
            let Some(msg) = message(event, now()) else { continue };
            if lane.blocking_send(Urgent::Msg(msg)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// The wall clock.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(since.as_millis() as i64)
}

/// What a terminal event means to the program; `None`: nothing.
pub fn message(event: Event, at: Time) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(KeyCombination::from(key), at)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => mouse_kind(mouse.kind).map(|kind| Msg::Mouse(Mouse { kind, x: mouse.column, y: mouse.row })),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

const fn mouse_kind(kind: MouseEventKind) -> Option<MouseKind> {
    match kind {
        MouseEventKind::Down(_) => Some(MouseKind::Press),
        MouseEventKind::Drag(_) => Some(MouseKind::Drag),
        MouseEventKind::Up(_) => Some(MouseKind::Release),
        MouseEventKind::ScrollUp => Some(MouseKind::Up),
        MouseEventKind::ScrollDown => Some(MouseKind::Down),
        MouseEventKind::Moved | MouseEventKind::ScrollLeft | MouseEventKind::ScrollRight => None,
    }
}
