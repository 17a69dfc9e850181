//! The real binary in a real pseudo-terminal: what a person sees, and how it gives the terminal back, however it ends.

use std::io::Read;
use std::time::{Duration, Instant};

use portable_pty::{PtySize, native_pty_system};
use rustix::process::Signal;
use rustix::termios::LocalModes;
use trackside::app::state::Settings;
use trackside::model::text::Clean;
use trackside::platform::port::{Ask, Running, Source};
use trackside::platform::sink::Sink;
use trackside::runtime::run::{RunOptions, run};
use trackside::runtime::sources::Connection;
use trackside::runtime::tape::Plan;
use trackside::theme::Theme;

use crate::rig::{PATIENCE, Rig, SOON};

#[test]
fn it_starts_without_a_platform_and_quits_on_q() {
    let mut it = Rig::dashboard(120, 40);
    it.sees("Projects");
    it.until("not on the alternate screen", |it| it.alternate_screen() && it.hide_cursor());
    assert!(!it.mode().contains(LocalModes::ICANON));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn every_frame_is_one_synchronised_update_and_the_terminal_is_asked_for_its_background_alone() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    it.press("3");
    it.sees("╭ 3 Logs");
    it.press("5");
    it.until("still the logs", |it| !it.contents().contains("╭ 3 Logs"));
    it.press("q");
    it.ended(PATIENCE);
    it.is_clean();
    let raw = it.screen.0.lock().unwrap().raw.clone();
    let text = String::from_utf8_lossy(&raw);
    for query in ["\x1b[c", "\x1b[6n", "\x1b[?u", "\x1b]10;?", "\x1b[>q", "\x1b[>c", "\x1bP+q", "\x1b[?2026$p"] {
        assert!(!text.contains(query), "asked {query:?}");
    }
    // After the first frame, and not again of one that does not answer.
    assert_eq!(text.matches("\x1b]11;?").count(), 1);
    assert!(text.find("\x1b]11;?") > text.find("\x1b[?2026l"));
    assert!(text.matches("\x1b[?2026h").count() > 1);
}

#[test]
fn a_resize_is_drawn_at_the_new_size_down_to_one_line_and_back() {
    let mut it = Rig::dashboard(120, 40);
    it.sees("Timeline");
    for (width, height) in [(80u16, 24u16), (40, 10), (10, 3), (1, 1), (150, 40)] {
        it.screen.0.lock().unwrap().parser.screen_mut().set_size(height.try_into().unwrap(), width.try_into().unwrap());
        it.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
    }
    it.until("not drawn to the right edge", |it| it.contents().lines().any(|line| line.chars().count() >= 149));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
}

#[test]
fn ctrl_c_says_how_to_leave_and_twice_leaves() {
    let mut it = Rig::dashboard(120, 40);
    it.sees("Projects");
    it.press("\x03");
    it.sees("again");
    assert!(it.child.try_wait().unwrap().is_none());
    it.press("\x03");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn every_ending_signal_gives_the_terminal_back_and_is_in_the_exit_code() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALARM] {
        let mut it = Rig::dashboard(80, 24);
        it.sees("Projects");
        it.signal(signal);
        assert_eq!(it.ended(SOON).exit_code(), 128 + u32::try_from(signal.as_raw()).unwrap());
        it.is_clean();
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_continuing_paints_everything_at_the_new_size() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    for key in [true, false] {
        if key {
            it.press("\x1a");
        } else {
            it.signal(Signal::TSTP);
        }
        it.wait_for_state('T');
        it.is_clean();
        let (width, height) = if key { (120, 40) } else { (80, 24) };
        it.screen.0.lock().unwrap().parser.screen_mut().set_size(height.try_into().unwrap(), width.try_into().unwrap());
        it.master.resize(PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }).unwrap();
        it.signal(Signal::CONT);
        it.until("not painted anew", |it| {
            it.alternate_screen() && it.hide_cursor() && it.contents().lines().any(|line| line.chars().count() > usize::from(width) - 8)
        });
    }
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn a_stop_from_outside_is_survived_too() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    it.signal(Signal::STOP);
    it.wait_for_state('T');
    // What a shell would have written meanwhile.
    it.screen.0.lock().unwrap().parser.process(b"\x1b[?1049l\x1b[?25h$ ls\r\n");
    it.signal(Signal::CONT);
    it.until("not painted anew", |it| it.alternate_screen() && it.contents().contains("Projects"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn a_terminal_that_goes_away_ends_it_within_a_second() {
    let mut it = Rig::start(80, 24, env!("CARGO_BIN_EXE_trackside"), &["--url", "http://127.0.0.1:1"], false);
    let mut reader = it.master.try_clone_reader().unwrap();
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("Projects") {
        let n = reader.read(&mut bytes).unwrap();
        seen.extend_from_slice(&bytes[..n]);
    }
    drop(reader);
    it.keys = Box::new(std::io::sink());
    let other = native_pty_system().openpty(PtySize::default()).unwrap();
    drop(std::mem::replace(&mut it.master, other.master));
    assert_eq!(it.ended(SOON).exit_code(), 129);
}

#[test]
fn a_terminal_that_takes_nothing_holds_neither_a_signal_nor_the_quit_key() {
    for quit in [false, true] {
        let mut it = Rig::start(200, 60, env!("CARGO_BIN_EXE_trackside"), &["--url", "http://127.0.0.1:1"], false);
        // Raw mode is set before the first frame; the frames after that fill the terminal's buffer.
        let end = Instant::now() + PATIENCE;
        while it.mode().contains(LocalModes::ICANON) {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(5));
        }
        for _ in 0..20 {
            it.press("\x0c");
            std::thread::sleep(Duration::from_millis(10));
        }
        if quit {
            it.press("q");
        } else {
            it.signal(Signal::TERM);
        }
        assert_eq!(it.ended(SOON).exit_code(), if quit { 0 } else { 143 });
        assert!(it.mode().contains(LocalModes::ICANON | LocalModes::ECHO));
    }
}

/// What [`a_panic_restores_the_terminal_and_says_where`] and its sister run in a pseudo-terminal of their own.
#[test]
#[ignore = "run by the panic tests, in a pseudo-terminal"]
fn child_for_the_panic_tests() {
    if std::env::var_os("TERM").is_none_or(|it| it != "xterm-256color") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = RunOptions {
        home: None,
        settings: Settings {
            theme: "night".to_owned(),
            themes: vec!["day".to_owned(), "night".to_owned()],
            log_bytes: 1 << 20,
            ..Settings::default()
        },
        sources: vec![Connection { name: "broken".to_owned(), adapter: "test".to_owned(), source: Box::new(Broken) }],
        plan: Plan::Live,
        themes: Box::new(|name| {
            if name == "day" {
                let _twice = how("twice").then_some(FallsInTurn);
                panic!("the painter fell over");
            }
            Theme::builtin(name)
        }),
        state_dir: std::env::var_os("HOME").map_or_else(std::env::temp_dir, std::path::PathBuf::from),
        views: trackside::runtime::views::Views::default(),
        notices: Vec::new(),
        until: None,
    };
    let (code, unwritten) = run(options, runtime.handle()).unwrap();
    assert_eq!(unwritten, [] as [String; 0]);
    std::process::exit(code);
}

/// In which way the child is to fall over.
fn how(word: &str) -> bool {
    std::env::var("HOW").is_ok_and(|it| it == word)
}

/// Panics while it is thrown away.
struct FallsInTurn;

impl Drop for FallsInTurn {
    fn drop(&mut self) {
        assert!(!std::thread::panicking(), "and what it held fell over too");
    }
}

struct Broken;

impl Source for Broken {
    fn run(self: Box<Self>, mut asks: tokio::sync::mpsc::Receiver<Ask>, out: Sink) -> Running {
        Box::pin(async move {
            out.send(trackside::model::event::Event::Notice(Clean::new("about to break"))).await;
            // Until the test presses the key that asks for something.
            asks.recv().await;
            if how("thread") {
                std::thread::spawn(|| panic!("a thread fell over")).join().unwrap_err();
            }
            if how("stderr") {
                eprintln!("a library complains");
                out.send(trackside::model::event::Event::Notice(Clean::new("it complained"))).await;
            }
            if how("thread") || how("stderr") {
                return std::future::pending().await;
            }
            panic!("the source fell over");
        })
    }
}

fn panic_rig() -> Rig {
    falling("")
}

/// The child that falls over in the way `how` says.
fn falling(how: &str) -> Rig {
    let program = std::env::current_exe().unwrap();
    let args = ["--exact", "pty::child_for_the_panic_tests", "--ignored", "--nocapture", "--test-threads=1"];
    Rig::start_with(120, 40, program.to_str().unwrap(), &args, &[("HOW", how)], true)
}

#[test]
fn a_panic_within_a_panic_aborts_with_the_terminal_given_back() {
    let mut it = falling("twice");
    it.sees("Projects");
    it.press("T");
    it.press("day");
    assert_ne!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
    // With the trace of the second one below it, which may be longer than the screen.
    let end = Instant::now() + PATIENCE;
    while !String::from_utf8_lossy(&it.screen.0.lock().unwrap().raw).contains("the painter fell over") {
        assert!(Instant::now() < end, "it is not said why");
        std::thread::yield_now();
    }
}

#[test]
fn a_panic_of_another_thread_is_told_on_the_screen_and_ends_nothing() {
    let mut it = falling("thread");
    it.sees("Projects");
    it.press("\x12");
    it.sees("a thread fell over");
    it.until("left the screen", |it| it.alternate_screen() && it.contents().contains("Projects"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn what_others_write_to_stderr_is_in_the_log_and_not_on_the_screen() {
    let mut it = falling("stderr");
    it.sees("Projects");
    it.press("\x12");
    it.sees("it complained");
    let log = it.home.path().join("trackside.log");
    assert!(std::fs::read_to_string(&log).unwrap().contains("a library complains"));
    let raw = String::from_utf8_lossy(&it.screen.0.lock().unwrap().raw).into_owned();
    assert!(!raw.contains("a library complains"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&log).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn keys_come_from_the_terminal_also_when_stdin_is_none() {
    for from in ["</dev/null", "<&-"] {
        let script = format!("exec '{}' --url http://127.0.0.1:1 --utc {from}", env!("CARGO_BIN_EXE_trackside"));
        let mut it = Rig::start(100, 30, "/bin/sh", &["-c", &script], true);
        it.sees("Projects");
        it.press("?");
        it.sees("type to search");
        it.signal(Signal::TERM);
        assert_eq!(it.ended(SOON).exit_code(), 143);
        it.is_clean();
    }
}

#[test]
fn an_output_that_is_closed_full_or_no_terminal_is_said_and_ends_in_good_order() {
    let run = |script: &str| {
        let home = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_trackside")]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, said) = run("\"$0\" --url http://127.0.0.1:1 < /dev/null");
    assert!(code == Some(2) && said.contains("stdout is none"), "{code:?} {said}");
    let (code, said) = run("\"$0\" --url http://127.0.0.1:1 >&-");
    assert!(code == Some(2) && said.contains("stdout is none"), "{code:?} {said}");
    let (code, said) = run("\"$0\" help keys > /dev/full");
    assert!(code.is_some_and(|it| it != 0 && it != 101) && said.contains("No space"), "{code:?} {said}");
    // Whoever reads only the beginning has had enough: that is no failure.
    let (code, said) =
        run("( i=0; while [ $i -lt 40 ]; do \"$0\" help keys || exit 9; i=$((i+1)); done ) | head -c 10 > /dev/null; exit 0");
    assert!(code == Some(0) && !said.contains("panicked") && !said.contains("failed"), "{code:?} {said}");
}

#[test]
fn a_panic_restores_the_terminal_and_says_where() {
    let mut it = panic_rig();
    it.sees("Projects");
    it.press("T");
    it.press("day");
    assert_eq!(it.ended(PATIENCE).exit_code(), 101);
    it.is_clean();
    it.sees("the painter fell over");
}

#[test]
fn a_panic_in_the_background_leaves_the_screen_alone_and_is_told_on_it() {
    let mut it = panic_rig();
    it.sees("Projects");
    // Ctrl-r asks the source to try again.
    it.press("\x12");
    it.sees("the source fell over");
    it.until("left the screen", |it| it.alternate_screen() && it.contents().contains("Projects"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn a_key_that_comes_in_the_moment_of_a_resize_is_not_kept_back_until_the_next_one() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    for round in 0..200_u16 {
        let (rows, cols) = (24 + round % 2, 80);
        it.screen.0.lock().unwrap().parser.screen_mut().set_size(rows.try_into().unwrap(), 80.try_into().unwrap());
        it.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        it.press("?");
        it.sees("type to search");
        it.press("\x1b");
        it.until("the help was not closed", |it| !it.contents().contains("type to search"));
    }
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
}

#[test]
fn on_a_light_terminal_the_light_theme_is_drawn_and_its_answer_presses_no_key() {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    let ground = |it: &vt100::Screen| it.cell(12, 40).unwrap().bgcolor();
    let dark = ground(it.screen.0.lock().unwrap().parser.screen());
    it.press("\x1b]11;rgb:ffff/ffff/eeee\x1b\\");
    it.until("the light theme was not drawn", |it| ground(it) != dark);
    let vt100::Color::Rgb(red, green, blue) = ground(it.screen.0.lock().unwrap().parser.screen()) else { panic!("no colour") };
    assert!(red > 200 && green > 200 && blue > 200, "{red} {green} {blue}");
    let asked = it.screen.0.lock().unwrap().raw.windows(6).filter(|it| it == b"\x1b]11;?").count();
    assert_eq!(asked, 1);
    // `1`, `r`, `/` and the like would have done something.
    it.press("?");
    it.sees("type to search");
    it.press("\x1b");
    it.until("the help was not closed", |it| !it.contents().contains("type to search"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

#[test]
fn a_slow_line_is_noticed_said_and_given_less() {
    let mut it = Rig::dashboard(100, 30);
    // A terminal that answers at once, and from then on late: as one behind a queue.
    let answer = "\x1b]11;rgb:0000/0000/0000\x1b\\";
    let asked = |it: &Rig| it.screen.0.lock().unwrap().raw.windows(6).filter(|it| it == b"\x1b]11;?").count();
    while asked(&it) == 0 {
        std::thread::yield_now();
    }
    it.press(answer);
    it.sees("Projects");
    let (mut answered, mut pressed, end) = (1, 0_u32, Instant::now() + Duration::from_mins(2));
    while !it.screen.0.lock().unwrap().parser.screen().contents().contains("lo-fi") {
        assert!(Instant::now() < end, "it was never said");
        if asked(&it) > answered {
            std::thread::sleep(Duration::from_millis(2200));
            it.press(answer);
            answered += 1;
        }
        // Something to write: a pane over the whole screen, and back.
        it.press("z");
        pressed += 1;
        std::thread::sleep(Duration::from_millis(70));
    }
    assert!(answered >= 2, "{answered}");
    // From a pane that has the whole screen `q` goes back first.
    if pressed % 2 == 1 {
        it.press("z");
    }
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}
