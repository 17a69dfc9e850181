//! What the terminal answers among the keys: its background colour (OSC 11). Asked for after the first paint and never waited for.
//!
//! The reader of keys knows no such answer and gives it out as `alt-]`, `1`, `1`, `;`, `r`…: keys that nobody pressed. Here they are put
//! together again, however late they come, and what only began like an answer is given back as the keys it was.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Asks for the colour of the background.
pub const ASK: &[u8] = b"\x1b]11;?\x1b\\";
/// A terminal writes an answer in one go; what has not gone on for this long was a key.
pub const PATIENCE: Duration = Duration::from_millis(60);
/// So long after the question, an escape may be the first byte of an answer that a slow line cut in two.
const CUT: Duration = Duration::from_secs(5);
const BEGIN: &str = "11;rgb";
/// `11;rgba:ffff/ffff/ffff/ffff`.
const LONGEST: usize = 27;

/// What an event turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Events for the program, in order; none while an answer is under way.
    Events(Vec<Event>),
    /// The terminal's background, and whether it is a light one.
    Background { light: bool },
}

/// Finds answers in what is read.
#[derive(Debug, Default)]
pub struct Answers {
    asked: Option<Instant>,
    held: Vec<Event>,
    text: String,
    /// The end of the last answer was cut: a backslash may still come.
    tail: bool,
}

impl Answers {
    /// The terminal was asked at `asked`, or owes no answer.
    pub const fn ask(&mut self, asked: Option<Instant>) {
        self.asked = asked;
    }

    /// Whether something is held back; after [`PATIENCE`] without an event it is to be [`Answers::release`]d.
    pub const fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What was held back, as the keys it was.
    pub fn release(&mut self) -> Vec<Event> {
        self.text.clear();
        std::mem::take(&mut self.held)
    }

    /// Takes in one event.
    pub fn hear(&mut self, event: Event, now: Instant) -> Heard {
        let key = match &event {
            Event::Key(it) if it.kind != KeyEventKind::Release => *it,
            _ => return self.other(event),
        };
        if std::mem::take(&mut self.tail) && is(key, '\\', KeyModifiers::NONE) {
            return Heard::Events(Vec::new());
        }
        if self.held.is_empty() {
            let cut = key.code == KeyCode::Esc && self.asked.is_some_and(|it| now.duration_since(it) < CUT);
            if cut || is(key, ']', KeyModifiers::ALT) {
                self.held.push(event);
                return Heard::Events(Vec::new());
            }
            return Heard::Events(vec![event]);
        }
        if self.text.is_empty() && self.held.len() == 1 && is(key, ']', KeyModifiers::NONE) && first_is_escape(&self.held) {
            self.held.push(event);
            return Heard::Events(Vec::new());
        }
        let cut = key.code == KeyCode::Esc;
        if (cut || is(key, 'g', KeyModifiers::CONTROL) || is(key, '\\', KeyModifiers::ALT))
            && let Some(light) = light(&self.text)
        {
            self.release();
            self.tail = cut;
            return Heard::Background { light };
        }
        match key.code {
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() && self.goes_on(c) => {
                self.text.push(c);
                self.held.push(event);
                Heard::Events(Vec::new())
            }
            _ => self.other(event),
        }
    }

    fn other(&mut self, event: Event) -> Heard {
        let mut all = self.release();
        all.push(event);
        Heard::Events(all)
    }

    /// Whether an answer can go on with `c` here.
    fn goes_on(&self, c: char) -> bool {
        // An escape of the person's own, and a digit after it.
        if self.held.len() == 1 && first_is_escape(&self.held) {
            return false;
        }
        let at = self.text.len();
        match BEGIN.as_bytes().get(at) {
            Some(wanted) => c == char::from(*wanted),
            None => at < LONGEST && (c.is_ascii_hexdigit() || matches!(c, ':' | '/')),
        }
    }
}

fn first_is_escape(held: &[Event]) -> bool {
    matches!(held.first(), Some(Event::Key(KeyEvent { code: KeyCode::Esc, .. })))
}

fn is(key: KeyEvent, c: char, modifiers: KeyModifiers) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers == modifiers
}

/// Whether the colour of an answer (`11;rgb:1e1e/1e1e/2e2e`) is nearer to white, by its luma (ITU-R BT.601); `None`: it names none.
fn light(text: &str) -> Option<bool> {
    let (_, colour) = text.split_once(':')?;
    let mut parts = colour.split('/').map(|it| {
        let most = 16_u32.checked_pow(u32::try_from(it.len()).ok()?)?.checked_sub(1).filter(|it| *it > 0)?;
        Some(f64::from(u32::from_str_radix(it, 16).ok()?) / f64::from(most))
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

/// Whether this terminal may be asked: the ones that would print the question, or never answer, are not. tmux answers for the terminal
/// around it.
pub fn may_be_asked(term: &str, tmux: bool) -> bool {
    tmux || !["linux", "vt", "screen", "dumb"].iter().any(|it| term.starts_with(it)) && !term.is_empty()
}

/// The background as the environment tells it (`COLORFGBG`, which rxvt, Konsole and others set), for as long as nothing better is known.
pub fn told(var: Option<&str>) -> Option<bool> {
    let number: u8 = var?.rsplit(';').next()?.parse().ok()?;
    Some(number == 7 || (9..16).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &str) -> Vec<Event> {
        // As crossterm 0.29 gives them out.
        let mut all = Vec::new();
        let mut chars = bytes.chars().peekable();
        while let Some(c) = chars.next() {
            let (code, modifiers) = match c {
                '\x1b' => match chars.next() {
                    Some(next) => (KeyCode::Char(next), KeyModifiers::ALT),
                    None => (KeyCode::Esc, KeyModifiers::NONE),
                },
                '\x07' => (KeyCode::Char('g'), KeyModifiers::CONTROL),
                c if c.is_ascii_uppercase() => (KeyCode::Char(c), KeyModifiers::SHIFT),
                c => (KeyCode::Char(c), KeyModifiers::NONE),
            };
            all.push(Event::Key(KeyEvent::new(code, modifiers)));
        }
        all
    }

    /// What comes out, and the backgrounds that were found.
    fn run(parts: &[&str]) -> (Vec<Event>, Vec<bool>) {
        let now = Instant::now();
        let (mut it, mut events, mut found) = (Answers::default(), Vec::new(), Vec::new());
        it.ask(Some(now));
        for event in parts.iter().flat_map(|it| keys(it)) {
            match it.hear(event, now) {
                Heard::Events(some) => events.extend(some),
                Heard::Background { light } => found.push(light),
            }
        }
        events.extend(it.release());
        (events, found)
    }

    #[test]
    fn an_answer_is_found_among_keys_and_none_of_it_is_a_key() {
        for (answer, light) in [
            ("\x1b]11;rgb:1e1e/1e1e/2E2E\x1b\\", false),
            ("\x1b]11;rgb:ffff/ffff/ffff\x07", true),
            ("\x1b]11;rgb:f/f/e\x07", true),
            ("\x1b]11;rgba:0000/0000/0000/ffff\x07", false),
        ] {
            let (events, found) = run(&["j", answer, "k"]);
            assert_eq!((events, found), (keys("jk"), vec![light]), "{answer:?}");
        }
    }

    #[test]
    fn an_answer_that_a_slow_line_cut_anywhere_is_found_too() {
        let answer = "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\";
        for at in 1..answer.len() {
            let (events, found) = run(&["j", &answer[..at], &answer[at..], "k"]);
            assert_eq!((events, found), (keys("jk"), vec![false]), "cut at {at}");
        }
    }

    #[test]
    fn what_only_began_like_an_answer_is_given_back_whole_and_in_order() {
        for typed in ["\x1b]", "\x1b]1", "\x1b]11;rgbx", "\x1b]11;rgb:zz", "\x1b]11;rgb:\x07", "\x1b]q", "\x1b[", "]11;rgb:0/0/0\x07"] {
            assert_eq!(run(&["a", typed, "b"]), (keys(&["a", typed, "b"].concat()), Vec::new()), "{typed:?}");
        }
        // Without end.
        let long = format!("\x1b]11;rgb:{}", "f".repeat(60));
        assert_eq!(run(&[&long]), (keys(&long), Vec::new()));
    }

    #[test]
    fn an_escape_is_held_back_only_while_an_answer_may_come() {
        let now = Instant::now();
        let mut it = Answers::default();
        it.ask(Some(now));
        assert_eq!(it.hear(keys("\x1b")[0].clone(), now), Heard::Events(Vec::new()));
        assert!(it.holds());
        assert_eq!(it.release(), keys("\x1b"));
        assert_eq!(it.hear(keys("\x1b")[0].clone(), now + CUT), Heard::Events(keys("\x1b")));
        assert_eq!(Answers::default().hear(keys("\x1b")[0].clone(), now), Heard::Events(keys("\x1b")));
    }

    #[test]
    fn the_environment_tells_of_light_grounds() {
        assert_eq!(
            ["0;15", "15;0", "0;default;7", "7;8", ""].map(|it| told(Some(it))),
            [Some(true), Some(false), Some(true), Some(false), None]
        );
        assert!(may_be_asked("xterm-256color", false) && may_be_asked("screen-256color", true));
        assert!(!may_be_asked("linux", false) && !may_be_asked("screen.xterm", false));
    }
}
