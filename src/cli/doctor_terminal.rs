//! What `trackside doctor` finds of the terminal: from the environment and the line itself. The terminal is asked nothing.

use std::io::IsTerminal as _;
use std::path::Path;

use super::check::Check;
use crate::runtime::depth::depth;
use crate::theme::Depth;

const AREA: &str = "terminal";
/// The smallest screen on which all panes have room.
const ROOM: (u16, u16) = (80, 24);
/// Processes between us and the terminal's own program that are looked at.
const ABOVE: usize = 24;

/// What is no environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Standard output is a terminal.
    pub is_terminal: bool,
    /// Columns, rows.
    pub size: Option<(u16, u16)>,
    /// Names of the processes above us, nearest first.
    pub above: Vec<String>,
}

impl Facts {
    /// As they are now.
    pub fn read() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        // On no terminal crossterm would ask a program for the size, and get that of another one.
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|it| (it.ws_col, it.ws_row));
        Self { is_terminal, size: size.filter(|it| it.0 > 0 && it.1 > 0), above: above(Path::new("/proc")) }
    }
}

/// The findings. `var` reads the environment.
pub fn checks(var: impl Fn(&str) -> Option<String>, facts: &Facts) -> Vec<Check> {
    let set = |name: &str| var(name).filter(|it| !it.is_empty());
    vec![kind(&set, facts), size(facts), between(&set, facts), colours(&set), letters(&set), clipboard(&set, facts)]
}

fn kind(set: &impl Fn(&str) -> Option<String>, facts: &Facts) -> Check {
    let term = set("TERM").unwrap_or_default();
    let program = set("TERM_PROGRAM").map(|it| format!(", {it}")).unwrap_or_default();
    if !facts.is_terminal {
        let hint = "the dashboard needs one; `trackside status` and its kind do not";
        return Check::warn(AREA, "output", "standard output is no terminal", hint);
    }
    match term.as_str() {
        "" => Check::fail(AREA, "TERM", "TERM is not set", "set it to what your terminal is, as `export TERM=xterm-256color`"),
        "dumb" | "unknown" => {
            Check::fail(AREA, "TERM", format!("TERM is {term}: no cursor can be moved there"), "use a terminal, or `trackside status`")
        }
        _ => Check::ok(AREA, "TERM", format!("{term}{program}")),
    }
}

fn size(facts: &Facts) -> Check {
    match facts.size {
        Some((w, h)) if w >= ROOM.0 && h >= ROOM.1 => Check::ok(AREA, "size", format!("{w}x{h}")),
        Some((w, h)) => Check::warn(
            AREA,
            "size",
            format!("{w}x{h}: panes give way to each other"),
            format!("from {}x{} on all have room", ROOM.0, ROOM.1),
        ),
        None => Check::ok(AREA, "size", "not known"),
    }
}

fn between(set: &impl Fn(&str) -> Option<String>, facts: &Facts) -> Check {
    let mut found = Vec::new();
    let mut add = |there: bool, name: &'static str| found.extend(there.then_some(name));
    add(set("TMUX").is_some(), "tmux");
    add(set("STY").is_some(), "screen");
    add(set("ZELLIJ").is_some(), "zellij");
    add(facts.above.iter().any(|it| it.starts_with("mosh-server")), "mosh");
    add(set("SSH_CONNECTION").is_some() || set("SSH_TTY").is_some(), "ssh");
    let text = if found.is_empty() { "nothing: the terminal itself".to_owned() } else { found.join(", ") };
    Check::ok(AREA, "between", text)
}

fn colours(set: &impl Fn(&str) -> Option<String>) -> Check {
    let hint = "`export COLORTERM=truecolor` where the terminal can do it (in tmux: set -as terminal-features ',*:RGB')";
    match depth(set) {
        Depth::True => Check::ok(AREA, "colours", "all (24 bit)"),
        Depth::Indexed256 => Check::warn(AREA, "colours", "256, as far as TERM and COLORTERM say", hint),
        Depth::Ansi16 => Check::warn(AREA, "colours", "16, as far as TERM and COLORTERM say", hint),
        Depth::None if set("NO_COLOR").is_some() => Check::ok(AREA, "colours", "none, as NO_COLOR asks for"),
        Depth::None => Check::ok(AREA, "colours", "none, as TERM says"),
    }
}

fn letters(set: &impl Fn(&str) -> Option<String>) -> Check {
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| set(name).map(|it| (name, it)));
    match name {
        Some((_, it)) if it.to_ascii_lowercase().replace('-', "").contains("utf8") => Check::ok(AREA, "letters", format!("UTF-8 ({it})")),
        Some((name, it)) => {
            Check::warn(AREA, "letters", format!("{name} is {it}, not UTF-8"), "`export LC_CTYPE=C.UTF-8`, or draw with --ascii")
        }
        None => Check::warn(AREA, "letters", "no locale is set", "`export LC_CTYPE=C.UTF-8`, or draw with --ascii if signs look wrong"),
    }
}

fn clipboard(set: &impl Fn(&str) -> Option<String>, facts: &Facts) -> Check {
    const NAME: &str = "clipboard";
    if set("TMUX").is_some() {
        return Check::ok(AREA, NAME, "tmux's buffer, and through it the terminal (set -g set-clipboard on)");
    }
    if set("STY").is_some() {
        return Check::warn(AREA, NAME, "OSC 52, in pieces through screen", "screen may cut long texts; tmux does not");
    }
    if facts.above.iter().any(|it| it.starts_with("mosh-server")) {
        return Check::warn(AREA, NAME, "OSC 52 through mosh", "mosh before 1.4 does not pass it on; `:write FILE` always works");
    }
    match set("TERM").unwrap_or_default().as_str() {
        "linux" => Check::warn(AREA, NAME, "the Linux console has none", "`:write FILE` always works"),
        _ => Check::ok(AREA, NAME, "OSC 52: the terminal must allow it; longer texts go to a file"),
    }
}

/// Names of the processes above us, as `proc` tells.
fn above(proc: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut pid = std::process::id();
    while names.len() < ABOVE {
        let Ok(stat) = std::fs::read_to_string(proc.join(pid.to_string()).join("stat")) else { break };
        let Some((_, rest)) = stat.rsplit_once(')') else { break };
        let Some(parent) = rest.split_ascii_whitespace().nth(1).and_then(|it| it.parse().ok()) else { break };
        if parent <= 1 {
            break;
        }
        pid = parent;
        names.extend(std::fs::read_to_string(proc.join(pid.to_string()).join("comm")).ok().map(|it| it.trim().to_owned()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::Verdict;

    fn found(env: &[(&str, &str)], facts: &Facts) -> Vec<(&'static str, Verdict, String)> {
        let var = |name: &str| env.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        checks(var, facts).into_iter().map(|it| (it.name, it.verdict, it.text)).collect()
    }

    #[test]
    fn a_good_terminal_has_nothing_to_be_done_about() {
        let facts = Facts { is_terminal: true, size: Some((160, 45)), above: Vec::new() };
        let it = found(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "de_DE.UTF-8")], &facts);
        assert!(it.iter().all(|it| it.1 == Verdict::Ok), "{it:?}");
    }

    #[test]
    fn what_lies_between_is_named_and_what_it_costs_is_said() {
        let facts = Facts { is_terminal: true, size: Some((60, 20)), above: vec!["bash".to_owned(), "mosh-server".to_owned()] };
        let it = found(&[("TERM", "screen"), ("STY", "1.pts"), ("SSH_TTY", "/dev/pts/1"), ("LC_ALL", "C")], &facts);
        let of = |name: &str| it.iter().find(|it| it.0 == name).unwrap().clone();
        assert_eq!(of("between").2, "screen, mosh, ssh");
        for name in ["size", "colours", "letters", "clipboard"] {
            assert_eq!(of(name).1, Verdict::Warn, "{name}");
        }
    }

    #[test]
    fn no_terminal_is_said_and_a_dumb_one_fails() {
        assert_eq!(found(&[("TERM", "dumb")], &Facts::default())[0].1, Verdict::Warn, "scripts have none");
        let facts = Facts { is_terminal: true, ..Facts::default() };
        assert_eq!(found(&[("TERM", "dumb")], &facts)[0].1, Verdict::Fail);
        assert_eq!(found(&[], &facts)[0].1, Verdict::Fail);
        assert_eq!(found(&[("TERM", "xterm"), ("NO_COLOR", "1")], &facts)[3].1, Verdict::Ok, "it was asked for");
    }
}
