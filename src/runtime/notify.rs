//! Notifications of the desktop, through the terminal: OSC 9 and OSC 777, as far as the terminal is known to understand them.
//!
//! iTerm2, `WezTerm`, Ghostty and kitty take OSC 9; foot and urxvt take OSC 777. Who is not known gets nothing: an unknown sequence
//! may be printed. Inside tmux it is passed through, which tmux allows with `allow-passthrough on`.

use super::clipboard::Around;
use crate::app::notify::kind::Osc;
use crate::model::text::clean_line;

/// Longest title and text, in characters: desktops cut more off, and some terminals drop a longer sequence as a whole.
const LONGEST: usize = 200;

/// The sequence for this terminal, as the environment describes it; `None`: it is not known to understand one.
pub fn sequence(how: Osc, around: Around, context: &str, title: &str, text: &str, env: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let how = if how == Osc::Auto { known(around, env) } else { how };
    // Our name in front: a text that began with a digit and `;` would be another command of OSC 9.
    let named = if context.is_empty() { "trackside".to_owned() } else { format!("trackside {context}") };
    let plain = match how {
        Osc::Auto | Osc::Off => return None,
        Osc::Nine => {
            let rest = if text.is_empty() { String::new() } else { format!(" - {text}") };
            format!("\x1b]9;{}\x1b\\", fit(&format!("{named}: {title}{rest}"), LONGEST * 2))
        }
        Osc::Seven => {
            let body = if text.is_empty() { fit(&named, LONGEST) } else { format!("{}: {}", fit(&named, LONGEST), fit(text, LONGEST)) };
            // The title ends at the first semicolon.
            format!("\x1b]777;notify;{};{body}\x1b\\", fit(title, LONGEST).replace(';', ","))
        }
    };
    Some(around.wrap(&plain))
}

/// Clean, whatever it was, and not too long.
fn fit(text: &str, most: usize) -> String {
    let clean = clean_line(text);
    match clean.char_indices().nth(most) {
        None => clean.into_owned(),
        Some((at, _)) => format!("{}…", &clean[..at]),
    }
}

fn known(around: Around, env: impl Fn(&str) -> Option<String>) -> Osc {
    let set = |name: &str| env(name).is_some_and(|it| !it.is_empty());
    let (term, program) = (env("TERM").unwrap_or_default(), env("TERM_PROGRAM").unwrap_or_default());
    if matches!(program.as_str(), "iTerm.app" | "WezTerm" | "ghostty") {
        return Osc::Nine;
    }
    // Inside tmux those two are tmux's own; what the terminal set beside them is still there.
    let nine = ["KITTY_WINDOW_ID", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR", "ITERM_SESSION_ID"];
    if term.starts_with("xterm-kitty") || term.starts_with("xterm-ghostty") || (around != Around::Screen && nine.into_iter().any(set)) {
        Osc::Nine
    } else if term.starts_with("foot") || term.starts_with("rxvt-unicode") {
        Osc::Seven
    } else {
        Osc::Off
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|it| it.0 == name).map(|it| it.1.to_owned())
    }

    fn said(how: Osc, around: Around, title: &str, of: &'static [(&'static str, &'static str)]) -> String {
        sequence(how, around, "local", title, "", env(of)).map(|it| String::from_utf8(it).unwrap()).unwrap_or_default()
    }

    #[test]
    fn only_a_terminal_that_knows_it_is_sent_one() {
        let auto = |of| said(Osc::Auto, Around::Nothing, "x", of);
        assert_eq!(auto(&[("TERM", "xterm-256color")]), "");
        assert_eq!(auto(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]), "\x1b]9;trackside local: x\x1b\\");
        assert_eq!(auto(&[("TERM", "xterm-kitty")]), "\x1b]9;trackside local: x\x1b\\");
        assert_eq!(auto(&[("TERM", "foot")]), "\x1b]777;notify;x;trackside local\x1b\\");
    }

    #[test]
    fn inside_tmux_it_is_passed_through() {
        let of = &[("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux"), ("KITTY_WINDOW_ID", "1")];
        assert_eq!(said(Osc::Auto, Around::Tmux, "x", of), "\x1bPtmux;\x1b\x1b]9;trackside local: x\x1b\x1b\\\x1b\\");
    }

    #[test]
    fn a_title_ends_no_field() {
        assert_eq!(said(Osc::Seven, Around::Nothing, "a;b", &[]), "\x1b]777;notify;a,b;trackside local\x1b\\");
    }

    proptest! {
        #[test]
        fn no_text_can_end_the_sequence_or_begin_another(title in "\\PC{0,20}[\x00-\x1f\u{80}-\u{9f};\\\\]{0,6}\\PC{0,300}", text in "[\x00-\x1f\u{9c}\u{202e}a-z;]{0,40}") {
            for how in [Osc::Nine, Osc::Seven] {
                let bytes = sequence(how, Around::Nothing, "c;\x1b]", &title, &text, |_| None).unwrap();
                let it = String::from_utf8(bytes).unwrap();
                let inner = it.strip_prefix("\x1b]").and_then(|it| it.strip_suffix("\x1b\\")).unwrap();
                prop_assert!(!inner.chars().any(char::is_control), "{:?}", inner);
                prop_assert!(inner.starts_with("9;trackside") || inner.starts_with("777;notify;"));
                prop_assert!(inner.chars().count() < 1000);
            }
        }
    }
}
