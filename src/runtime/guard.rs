//! The last look at bytes before they reach the terminal: what this program is not known to send does not get out. Pure.
//!
//! The encoder lets no control character through a cell and every text was cleaned long before that. This trusts neither of them: a
//! mistake in a widget, in a library or in a sequence of our own costs a sign on the screen here, and not the operator's terminal.

use std::borrow::Cow;

use crate::model::text::is_unseen;

/// Ends of the control sequences that frames are made of: move, erase, shift lines, colour.
const FINALS: &[u8] = b"HJKXLMCGm";
/// Modes that are switched: the mouse, focus, the alternate screen, pastes, whole frames, the cursor.
const MODES: [&[u8]; 8] = [b"25", b"1000", b"1002", b"1003", b"1004", b"1006", b"2004", b"2026"];
/// Commands for the terminal's desktop: the title, notifications, the question for the background, the clipboard (never its reading).
const COMMANDS: [&[u8]; 5] = [b"2;", b"9;", b"777;notify;", b"11;?", b"52;c;"];
/// What tmux passes on to the terminal around it; every escape in it is doubled.
const TMUX: &[u8] = b"tmux;";
/// Numbers of one sequence; a terminal throws away what has more.
const NUMBERS: usize = 32;
const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// `bytes` as they may be sent, and how many characters or escapes were not let through; each of those becomes `�`.
pub fn pass(bytes: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let mut out = Vec::new();
    let (mut stopped, mut from, mut at) = (0, 0, 0);
    while at < bytes.len() {
        if let Some(length) = item(&bytes[at..]) {
            at += length;
            continue;
        }
        stopped += 1;
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice("�".as_bytes());
        at += character(&bytes[at..]).map_or(1, char::len_utf8);
        from = at;
    }
    if stopped == 0 {
        return (Cow::Borrowed(bytes), 0);
    }
    out.extend_from_slice(&bytes[from..]);
    (Cow::Owned(out), stopped)
}

/// The length of the character or sequence that `bytes` begin with, if it may pass.
fn item(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b' '..=b'~' | BEL, ..] => Some(1),
        [b'\r', b'\n', ..] | [ESC, b'\\', ..] => Some(2),
        [ESC, b'[', rest @ ..] => control(rest).map(|it| it + 2),
        [ESC, b']', rest @ ..] => command(rest).map(|it| it + 2),
        [ESC, b'P', rest @ ..] => passed_on(rest).map(|it| it + 2),
        [0x80..=0xff, ..] => character(bytes).filter(|it| is_text(*it)).map(char::len_utf8),
        _ => None,
    }
}

/// The character that `bytes` begin with.
fn character(bytes: &[u8]) -> Option<char> {
    let most = &bytes[..bytes.len().min(4)];
    most.utf8_chunks().next().and_then(|it| it.valid().chars().next())
}

/// What joins the parts of an emoji was judged with its neighbours, when the text was cleaned.
fn is_text(c: char) -> bool {
    !c.is_control() && (!is_unseen(c) || matches!(c, '\u{200d}' | '\u{fe0f}'))
}

/// The length of a control sequence, without its introducer.
fn control(bytes: &[u8]) -> Option<usize> {
    let (private, body) = bytes.strip_prefix(b"?").map_or((false, bytes), |it| (true, it));
    let digits = body.iter().position(|it| !matches!(it, b'0'..=b'9' | b';' | b':'))?;
    let (numbers, last) = (&body[..digits], body[digits]);
    if numbers.iter().filter(|it| !it.is_ascii_digit()).count() >= NUMBERS {
        return None;
    }
    let mode = private && matches!(last, b'h' | b'l') && (MODES.contains(&numbers) || numbers == b"1049");
    // The title is laid aside and taken up again.
    let title = last == b't' && matches!(numbers, b"22;2" | b"23;2");
    let drawn = !private && (FINALS.contains(&last) || title);
    (mode || drawn).then_some(usize::from(private) + digits + 1)
}

/// The length of a command for the terminal, without its introducer: known by its beginning, text until its end.
fn command(bytes: &[u8]) -> Option<usize> {
    let known = COMMANDS.iter().find(|it| bytes.starts_with(it))?;
    // Asking the clipboard would have its content typed into the shell.
    if *known == b"52;c;" && bytes[known.len()..].starts_with(b"?") {
        return None;
    }
    text(bytes)
}

/// The length of text up to its end and with it: BEL, or the string terminator.
fn text(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [BEL, ..] => return Some(at + 1),
            [ESC, b'\\', ..] => return Some(at + 2),
            [b' '..=b'~', ..] => at += 1,
            rest => at += character(rest).filter(|it| !it.is_ascii() && is_text(*it))?.len_utf8(),
        }
    }
}

/// The length of what a multiplexer passes on to the terminal around it, without its introducer.
fn passed_on(bytes: &[u8]) -> Option<usize> {
    let (inner, length) = match bytes.strip_prefix(TMUX) {
        Some(body) => undoubled(body).map(|(inner, length)| (inner, length + TMUX.len()))?,
        None => joined(bytes)?,
    };
    let whole = inner.strip_prefix(b"\x1b]").and_then(command)? + 2 == inner.len();
    whole.then_some(length)
}

/// What tmux makes of its string, and how long that is with its end.
fn undoubled(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut inner, mut at) = (Vec::new(), 0);
    loop {
        match &bytes[at..] {
            [ESC, ESC, ..] => {
                inner.push(ESC);
                at += 2;
            }
            [ESC, b'\\', ..] => return Some((inner, at + 2)),
            [ESC, ..] | [] => return None,
            [byte, ..] => {
                inner.push(*byte);
                at += 1;
            }
        }
    }
}

/// What GNU screen makes of strings that follow each other, each a piece of one command, and how long they are.
fn joined(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut inner, mut at) = (Vec::new(), 0);
    loop {
        let end = at + bytes[at..].windows(2).position(|it| it == b"\x1b\\")?;
        inner.extend_from_slice(&bytes[at..end]);
        at = end + 2;
        if inner.ends_with(&[BEL]) {
            return Some((inner, at));
        }
        match &bytes[at..] {
            [ESC, b'P', ..] => at += 2,
            // The command's own end, which closed the string that it was in.
            [ESC, b'\\', ..] => {
                inner.push(BEL);
                return Some((inner, at + 2));
            }
            _ => return None,
        }
    }
}
