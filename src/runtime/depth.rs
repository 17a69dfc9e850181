//! How many colours the terminal has, from the environment: it is never asked, because a terminal that does not answer costs seconds.

use crate::theme::Depth;

/// Terminals that show all colours and do not always say so.
const TRUE: [&str; 8] = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "contour", "iterm", "direct"];

/// As `var` says.
pub fn depth(var: impl Fn(&str) -> Option<String>) -> Depth {
    let set = |name: &str| var(name).filter(|it| !it.is_empty());
    if set("NO_COLOR").is_some() {
        return Depth::None;
    }
    let colorterm = set("COLORTERM").unwrap_or_default();
    let term = set("TERM").unwrap_or_default();
    if colorterm == "truecolor" || colorterm == "24bit" || TRUE.iter().any(|it| term.contains(it)) || set("WT_SESSION").is_some() {
        return Depth::True;
    }
    if term.contains("256color") || term.starts_with("tmux") || term.starts_with("screen.") {
        return Depth::Indexed256;
    }
    if matches!(term.as_str(), "vt100" | "vt220" | "vt102") { Depth::None } else { Depth::Ansi16 }
}
