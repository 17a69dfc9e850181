//! Keys, pastes, mouse and size, from the terminal into lane 1: threads of their own that block in a read and are never joined.

use std::io;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crokey::KeyCombination;
use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use signal_hook::consts::SIGWINCH;
use signal_hook::iterator::Signals;
use tokio::sync::mpsc::Sender;

use super::answers::{self, Answers, Heard};
use super::gate::Gate;
use super::stop::{HUNG_UP, Stop};
use super::terminal::Terminal;
use super::tty::wait_for_hang_up;
use super::turn::Urgent;
use super::writer::Writer;
use crate::app::msg::{Mouse, MouseKind, Msg};
use crate::model::time::Time;
use crate::seeded;

/// What the reading begins with.
pub struct Keyboard {
    /// Closed while an editor has the keyboard.
    pub gate: Gate,
    /// The size that is on the screen.
    pub painted: (u16, u16),
    /// Told when the terminal has answered.
    pub writer: Writer,
}

/// Starts reading into `lane`; `stop` is told when the terminal is gone.
pub fn start(lane: Sender<Urgent>, stop: &Stop, keyboard: Keyboard) -> io::Result<()> {
    let Keyboard { gate, painted, writer } = keyboard;
    let mut answers = Answers::default();
    let gone = stop.clone();
    // Its own watch, because a read can hang for ever on a terminal that is no more.
    thread::Builder::new().name("hang-up".to_owned()).spawn(move || {
        wait_for_hang_up();
        gone.now(HUNG_UP);
    })?;
    watch_size(lane.clone(), painted)?;
    let gone = stop.clone();
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        loop {
            gate.pass();
            let Ok(heard) = hear(&mut answers, &writer) else {
                gone.now(HUNG_UP);
                return;
            };
            let msgs = match heard {
                Heard::Background { light } => {
                    writer.answered();
                    vec![Msg::Background { light }]
                }
                Heard::Events(events) => events.into_iter().filter_map(|it| message(it, now())).collect(),
            };
            for msg in msgs {
                if lane.blocking_send(Urgent::Msg(msg)).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(())
}

/// Reads one event; what looks like the terminal's answer waits for the rest of it, for a moment.
fn hear(answers: &mut Answers, writer: &Writer) -> io::Result<Heard> {
    if answers.holds() && !crossterm::event::poll(answers::PATIENCE)? {
        return Ok(Heard::Events(answers.release()));
    }
    let event = crossterm::event::read()?;
    answers.ask(writer.asked());
    Ok(answers.hear(event, Instant::now()))
}

/// Tells of each new size of the terminal.
///
/// Not left to crossterm, which loses a resize that comes in the same moment as a key (0.29: it returns the key, and its watch
/// does not speak of the resize again before the next one).
fn watch_size(lane: Sender<Urgent>, painted: (u16, u16)) -> io::Result<()> {
    let mut signals = Signals::new([SIGWINCH])?;
    let watch = move || {
        let mut known = painted;
        // The first look is for a resize that came between the first frame and now: it was told to nobody.
        let looks = std::iter::once(SIGWINCH).chain(signals.forever());
        for _ in looks {
            let (width, height) = Terminal::size();
            if (width, height) == known {
                continue;
            }
            known = (width, height);
            if lane.blocking_send(Urgent::Msg(Msg::Resize(width, height))).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("size".to_owned()).spawn(watch).map(drop)
}

/// The wall clock.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time((since.as_millis() as i64).saturating_add(seeded::clock_error()))
}

/// What a terminal event means to the program; `None`: nothing.
pub fn message(event: Event, at: Time) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(KeyCombination::from(key), at)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => mouse_kind(mouse.kind).map(|kind| Msg::Mouse(Mouse { kind, x: mouse.column, y: mouse.row })),
        Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Resize(..) => None,
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
