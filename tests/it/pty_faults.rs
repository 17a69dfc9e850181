//! What terminals, shells and chance do to a program that owns the screen; none of it may leave the terminal in a mess.

use std::time::{Duration, Instant};

use portable_pty::PtySize;
use rustix::process::Signal;
use rustix::termios::LocalModes;

use crate::rig::{PATIENCE, Rig, SOON};

const PROGRAM: &str = env!("CARGO_BIN_EXE_trackside");
const NOWHERE: [&str; 3] = ["--url", "http://127.0.0.1:1", "--utc"];

fn resize(it: &Rig, width: u16, height: u16) {
    it.screen.0.lock().unwrap().parser.screen_mut().set_size(height.max(1).try_into().unwrap(), width.max(1).try_into().unwrap());
    it.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
}

#[test]
fn a_continue_that_no_stop_came_before_changes_nothing() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    for _ in 0..20 {
        it.signal(Signal::CONT);
    }
    it.press("?");
    it.sees("Keys");
    it.signal(Signal::CONT);
    it.signal(Signal::TERM);
    assert_eq!(it.ended(SOON).exit_code(), 143);
    it.is_clean();
}

#[test]
fn a_shell_with_job_control_gets_its_terminal_back_each_time() {
    if !std::path::Path::new("/bin/bash").exists() {
        eprintln!("SKIPPED: there is no bash here to be the shell with job control");
        return;
    }
    let mut it =
        Rig::start_with(100, 30, "/bin/bash", &["--norc", "--noprofile", "-i"], &[("PS1", "sh> "), ("HISTFILE", "/dev/null")], true);
    it.sees("sh>");
    it.press(&format!("'{PROGRAM}' {}\r", NOWHERE.join(" ")));
    for round in 0..5 {
        it.until("the dashboard", |it| it.alternate_screen() && it.contents().contains("Projects"));
        it.press("\x1a");
        it.until("the shell's prompt", |it| !it.alternate_screen() && !it.hide_cursor() && it.contents().trim_end().ends_with("sh>"));
        it.press(&format!("echo round-$(({round}+100))\r"));
        it.sees(&format!("round-{}", round + 100));
        // bash's own line editor sets the modes of its prompt; what it found is what a program it starts finds.
        it.press("stty -a | grep -o ' -\\?icanon\\| -\\?echo ' | tr -d '\\n'; echo :\r");
        it.until("the usual modes", |it| it.contents().contains("\n icanon echo :"));
        it.press("clear\r");
        it.until("a clear screen", |it| !it.contents().contains("echo :"));
        it.press("fg\r");
    }
    it.until("the dashboard", vt100::Screen::alternate_screen);
    it.press("q");
    it.until("the shell's prompt", |it| !it.alternate_screen() && it.contents().trim_end().ends_with("sh>"));
    it.press("exit\r");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_picture() {
    let mut it = Rig::dashboard(120, 40);
    it.sees("Timeline");
    let mut seed = 7_u32;
    let mut next = |most: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % most
    };
    for _ in 0..400 {
        let (width, height) = (next(300) as u16, next(100) as u16);
        resize(&it, width, height);
        it.press("\x1b[<0;250;90M");
    }
    resize(&it, 130, 40);
    it.until("not drawn to the right edge", |it| it.contents().lines().any(|line| line.chars().count() >= 129));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn a_terminal_that_reads_again_after_a_while_is_painted_once_and_right() {
    let mut it = Rig::start(120, 40, PROGRAM, &NOWHERE, false);
    let end = Instant::now() + PATIENCE;
    while it.mode().contains(LocalModes::ICANON) {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    // Each asks for the whole picture; the terminal's buffer holds less than two of them.
    for _ in 0..60 {
        it.press("\x0c");
        std::thread::sleep(Duration::from_millis(5));
    }
    it.read();
    it.sees("Timeline");
    it.press("?");
    it.sees("Keys");
    let frames = it.screen.0.lock().unwrap().raw.windows(8).filter(|part| *part == b"\x1b[?2026h").count();
    assert!(frames < 30, "old frames are not shown late: {frames}");
    // On its own: together with the next key it would be one key with alt.
    it.press("\x1b");
    it.until("help is still there", |it| !it.contents().contains("Keys"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn the_mouse_is_taken_only_when_wanted_and_given_back() {
    let mut args = NOWHERE.to_vec();
    let mut it = Rig::start(100, 30, PROGRAM, &args, true);
    it.sees("Projects");
    it.until("took the mouse", |it| it.mouse_protocol_mode() == vt100::MouseProtocolMode::None);
    it.press("q");
    it.ended(PATIENCE);
    args.push("--mouse");
    let mut it = Rig::start(100, 30, PROGRAM, &args, true);
    it.until("did not take the mouse", |it| it.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    it.sees("Projects");
    it.signal(Signal::TERM);
    it.ended(SOON);
    it.is_clean();
}

#[test]
fn without_colour_or_a_known_terminal_it_is_drawn_all_the_same() {
    let colours = regex::Regex::new("\x1b\\[([0-9]+;)*(3[0-7]|9[0-7]|4[0-7])(;[0-9]+)*m").unwrap();
    for (variables, colour) in [
        (&[("NO_COLOR", "1")][..], false),
        (&[("TERM", "vt100"), ("COLORTERM", "")], false),
        (&[("TERM", ""), ("COLORTERM", "")], true),
        (&[("TERM", "linux"), ("COLORTERM", ""), ("LANG", "C"), ("LC_ALL", "C")], true),
        (&[("TERM", "screen"), ("COLORTERM", ""), ("STY", "1.tty")], true),
    ] {
        let mut it = Rig::start_with(100, 30, PROGRAM, &NOWHERE, variables, true);
        it.sees("Projects");
        it.press("q");
        assert_eq!(it.ended(PATIENCE).exit_code(), 0);
        it.is_clean();
        let raw = String::from_utf8_lossy(&it.screen.0.lock().unwrap().raw).into_owned();
        let coloured = colours.is_match(&raw);
        assert_eq!(coloured, colour, "{variables:?}");
        let rich = raw.contains("38;2;") || raw.contains("38;5;");
        assert!(!rich, "more colours than {variables:?} says there are");
    }
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_is_told_what_works_there() {
    let mut it = Rig::start_with(80, 24, PROGRAM, &NOWHERE, &[("TERM", "dumb")], true);
    assert_eq!(it.ended(PATIENCE).exit_code(), 2);
    it.sees("trackside status");
    assert!(!it.screen.0.lock().unwrap().raw.contains(&0x1b), "not a single sequence");
}

#[test]
fn chance_at_the_keyboard_neither_breaks_it_nor_its_terminal() {
    // Keys, halves of sequences, replies to questions nobody asked, the mouse, pastes: but no `q`, no ctrl-c, no ctrl-z.
    let pieces: [&[u8]; 24] = [
        b"j",
        b"k",
        b"g",
        b"G",
        b"\r",
        b"\x1b",
        b"\t",
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
        b"z",
        b"/",
        b"?",
        b"\x1b[A",
        b"\x1b[5~",
        b"\x1b[<0;10;10M",
        b"\x1b[",
        b"\x1b[24;80R",
        b"\x1b[?62;c",
        b"\x1b[I",
        b"\xff\xfe",
        b"\x1b[200~a\x1b[31mpaste\nwith lines\x1b[201~",
    ];
    let mut args = NOWHERE.to_vec();
    args.push("--read-only");
    let mut it = Rig::start(100, 30, PROGRAM, &args, true);
    it.sees("Projects");
    let mut seed = 42_u32;
    for _ in 0..4000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        it.keys.write_all(pieces[(seed >> 16) as usize % pieces.len()]).unwrap();
    }
    it.keys.flush().unwrap();
    // Out of whatever is open, then a key whose answer shows that it still listens.
    for _ in 0..20 {
        it.press("\x1b");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Twice: read together with the last escape, the first would be one key with alt.
    it.press("?");
    it.press("?");
    it.sees("Keys");
    assert!(it.child.try_wait().unwrap().is_none());
    it.signal(Signal::TERM);
    assert_eq!(it.ended(SOON).exit_code(), 143);
    it.is_clean();
}

#[test]
fn a_paste_of_megabytes_ends_in_the_field_and_runs_nothing() {
    let mut it = Rig::dashboard(100, 30);
    it.sees("Projects");
    it.press("/");
    it.sees("enter keep");
    let line = "q\rq\x03 D y \r".repeat(20_000);
    it.press(&format!("\x1b[200~{line}\x1b[201~"));
    it.press("\r");
    it.until("the field is still open", |it| !it.contents().contains("enter keep"));
    it.press("?");
    it.sees("Keys");
    assert!(it.child.try_wait().unwrap().is_none(), "a pasted key was a key");
    it.signal(Signal::TERM);
    assert_eq!(it.ended(SOON).exit_code(), 143);
    it.is_clean();
}
