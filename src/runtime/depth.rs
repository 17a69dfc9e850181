//! How many colours the terminal has, from the environment: it is never asked, because a terminal that does not answer costs seconds.

use crate::theme::Depth;

/// Terminals that show all colours and do not always say so.
const TRUE: [&str; 8] = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "contour", "iterm", "direct"];

/// As `colors` says (`truecolor`, `256`, `16`, `none`), or else the environment.
pub fn wished(colors: &str, var: impl Fn(&str) -> Option<String>) -> Depth {
    match colors {
        "truecolor" => Depth::True,
        "256" => Depth::Indexed256,
        "16" => Depth::Ansi16,
        "none" => Depth::None,
        _ => depth(var),
    }
}

/// As `var` says.
pub fn depth(var: impl Fn(&str) -> Option<String>) -> Depth {
    let set = |name: &str| var(name).filter(|it| !it.is_empty());
    if set("NO_COLOR").is_some() {
        return Depth::None;
    }
    let colorterm = set("COLORTERM").unwrap_or_default();
    let term = set("TERM").unwrap_or_default();
    // GNU screen takes all colours for something else, whatever the terminal around it said of itself. tmux calls itself so, too, and knows them.
    if term.starts_with("screen") && set("TMUX").is_none() {
        return if term.contains("256color") || term.starts_with("screen.") { Depth::Indexed256 } else { Depth::Ansi16 };
    }
    if colorterm == "truecolor" || colorterm == "24bit" || TRUE.iter().any(|it| term.contains(it)) || set("WT_SESSION").is_some() {
        return Depth::True;
    }
    if term.contains("256color") || term.starts_with("tmux") {
        return Depth::Indexed256;
    }
    if matches!(term.as_str(), "vt100" | "vt220" | "vt102") { Depth::None } else { Depth::Ansi16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &[(&str, &str)]) -> Depth {
        depth(|name| all.iter().find(|it| it.0 == name).map(|it| it.1.to_owned()))
    }

    #[test]
    fn what_the_terminal_around_gnu_screen_says_of_itself_does_not_count_in_it_but_tmux_calls_itself_so_too() {
        let around = ("COLORTERM", "truecolor");
        assert_eq!(of(&[("TERM", "xterm-256color"), around]), Depth::True);
        assert_eq!(of(&[("TERM", "screen"), around]), Depth::Ansi16);
        assert_eq!(of(&[("TERM", "screen.xterm-256color"), around]), Depth::Indexed256);
        assert_eq!(of(&[("TERM", "screen-256color"), around, ("TMUX", "/tmp/tmux-0/default,1,0")]), Depth::True);
        assert_eq!(of(&[("TERM", "screen-256color"), ("NO_COLOR", "1")]), Depth::None);
    }

    #[test]
    fn what_a_person_says_goes_before_all_of_it() {
        let says = |colors: &str| wished(colors, |name| (name == "NO_COLOR").then(|| "1".to_owned()));
        assert_eq!([says("truecolor"), says("16"), says("auto")], [Depth::True, Depth::Ansi16, Depth::None]);
    }
}
