//! A real terminal shown all that a dashboard draws of hostile logs: it answers nothing, and keeps its clipboard and its title.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use trackside::local::port::Entry;

use super::following;
use crate::contract::samples;
use crate::figures;
use crate::hostile::strings;
use crate::rig::PATIENCE;

/// Questions that terminals answer on the program's input, and orders that change what is not the screen.
const QUERIES: [&str; 24] = [
    "\u{1b}[c",
    "\u{1b}[>c",
    "\u{1b}[=c",
    "\u{1b}[5n",
    "\u{1b}[6n",
    "\u{1b}[?6n",
    "\u{1b}[?15n",
    "\u{1b}[18t",
    "\u{1b}[21t",
    "\u{1b}[?2026$p",
    "\u{1b}[?u",
    "\u{1b}[>q",
    "\u{1b}Z",
    "\u{5}",
    "\u{1b}P$qm\u{1b}\\",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}]4;1;?\u{7}",
    "\u{1b}]10;?\u{7}",
    "\u{1b}]11;?\u{7}",
    "\u{1b}]52;c;?\u{7}",
    "\u{1b}]52;c;YzRuYXJ5\u{7}",
    "\u{1b}]2;c4nary\u{7}",
    "\u{1b}]0;c4nary\u{1b}\\",
    "\u{9b}c\u{9d}2;c4nary\u{9c}",
];
/// How often each of them comes.
const TIMES: usize = 50;
/// Lines on the screen at once, with room for those that are wrapped.
const AT_ONCE: usize = 40;

/// tmux as a terminal, with a server of its own.
struct Tmux<'a>(&'a Path);

impl Tmux<'_> {
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(self.0.join("socket")).arg("-f").arg(self.0.join("conf")).args(args).env_clear();
        // The one that was found, wherever it is.
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERM", "xterm-256color")
            .env("HOME", self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn says(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(args).stdout).trim().to_owned()
    }

    /// Shows `bytes` to the terminal; what it answered, what is in its clipboard, and its title.
    fn shown(&self, name: &str, bytes: &[u8]) -> (Vec<u8>, String, String) {
        let [file, reply, done] = ["bytes", "reply", "done"].map(|it| self.0.join(format!("{name}.{it}")));
        std::fs::write(&file, bytes).unwrap();
        // It reads what comes until nothing came for five seconds: a busy terminal is slow to answer.
        let paths = [&file, &reply, &done].map(|it| it.display().to_string());
        let script = format!("stty raw -echo min 0 time 50; cat '{}'; cat > '{}'; touch '{}'; sleep 600", paths[0], paths[1], paths[2]);
        let started = self.run(&["new-session", "-d", "-s", name, "-x", "160", "-y", "50", &script]);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let end = Instant::now() + PATIENCE;
        while !done.exists() {
            assert!(Instant::now() < end, "the terminal did not come to an end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let title = self.says(&["display-message", "-p", "-t", name, "#{pane_title}"]);
        (std::fs::read(reply).unwrap(), self.says(&["show-buffer"]), title)
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn entry(text: &str) -> Entry {
    Entry { level: None, ..samples::entry(text.to_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it shows eight thousand lines: `.ci/run` runs it by itself"]
async fn a_real_terminal_answers_nothing_and_keeps_clipboard_and_title_whatever_a_log_says() {
    let folder = tempfile::tempdir().unwrap();
    // Programs may write its clipboard, which as it comes they may not.
    std::fs::write(folder.path().join("conf"), "set -s set-clipboard on\n").unwrap();
    let tmux = Tmux(folder.path());
    if !Command::new("tmux").arg("-V").output().is_ok_and(|it| it.status.success()) {
        return eprintln!("SKIPPED: there is no tmux here to be the terminal; what would be answered is judged by a parser alone");
    }
    // That it could: asked as it is, it answers, and takes what it is given.
    let (reply, clipboard, title) = tmux.shown("plain", QUERIES.concat().as_bytes());
    if reply.is_empty() || clipboard != "c4nary" || !title.contains("c4nary") {
        return eprintln!(
            "SKIPPED: this tmux takes no question or order ({reply:?} {clipboard} {title}), so that its silence proves nothing"
        );
    }
    tmux.run(&["delete-buffer"]);

    let (desk, mut it) = following(vec![entry("that is the beginning")], "that is the beginning").await;
    // Its own question at the start, which it asks for the colour of the ground, is asked by then.
    let from = it.screen.0.lock().unwrap().raw.len();
    let all: Vec<String> = QUERIES.iter().flat_map(|it| std::iter::repeat_n((*it).to_owned(), TIMES)).chain(strings()).collect();
    for (n, lines) in all.chunks(AT_ONCE).enumerate() {
        let last = format!("that was part {n:04}");
        desk.feeds.logs.append(lines.iter().map(|it| entry(it)).chain([entry(&last)]).collect());
        tokio::task::block_in_place(|| it.sees(&last));
    }
    let drawn = it.screen.0.lock().unwrap().raw[from..].to_vec();
    let (reply, clipboard, title) = tmux.shown("drawn", &drawn);
    assert_eq!(String::from_utf8_lossy(&reply), "", "the terminal answered");
    assert_eq!(clipboard, "", "the terminal's clipboard was written");
    assert!(!title.contains("c4nary"), "{title}");
    it.press("qq");
    let text = format!("{} of {} hostile lines in {} KiB, as tmux", reply.len(), all.len(), drawn.len() / 1024);
    figures::keep("bytes that a real terminal sent back", text, "0");
}
