//! Text from outside as Markdown that says it and nothing else: no heading, link, list or code of its own.

use std::borrow::Cow;

use crate::model::text::plain_line;
use crate::model::time::Time;

/// Signs that mean something inside of a line.
const SIGNS: &str = "\\`*_[]<>|~&#!";

/// `text`, in one line, so that it is read as it is.
pub fn line(text: &str) -> String {
    let text = plain_line(text.lines().next().unwrap_or_default());
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        let begins = text[..at].trim_start().is_empty() && matches!(c, '-' | '+' | '=');
        // `1.` at the beginning would be a list.
        let counts = matches!(c, '.' | ')') && at > 0 && text[..at].bytes().all(|b| b.is_ascii_digit());
        if begins || counts || SIGNS.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A line of Markdown as its reader sees its letters: a backslash before a sign stands for the sign.
pub fn unescaped(line: &str) -> Cow<'_, str> {
    if !line.contains('\\') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => out.extend(rest.next()),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text of several lines as a quotation.
pub fn quote(text: &str) -> String {
    text.lines().fold(String::new(), |out, it| out + "> " + &line(it) + "  \n")
}

/// Lines as they are, in a block that none of them can end.
pub fn block(lines: &[String]) -> String {
    let ticks = lines.iter().flat_map(|it| it.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(ticks.max(2) + 1);
    let mut out = format!("{fence}text\n");
    for it in lines {
        out += &plain_line(it);
        out.push('\n');
    }
    out + &fence + "\n"
}

/// `14:02:10`, in UTC, with the date in front where it is another one than that of `home`, which the reader knows.
pub fn moment(at: Time, home: Time) -> String {
    let (at, home) = (at.utc(), home.utc());
    let form = if at.date_naive() == home.date_naive() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    at.format(form).to_string()
}

/// `2026-11-22`, in UTC.
pub fn date(at: Time) -> String {
    at.utc().format("%Y-%m-%d").to_string()
}

/// `2026-11-22 14:02`, in UTC.
pub fn day(at: Time) -> String {
    at.utc().format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_another_day_has_its_date() {
        let at = |text: &str| Time::parse(text).unwrap();
        let home = at("2026-11-22T00:00:05Z");
        assert_eq!(moment(at("2026-11-22T23:59:59Z"), home), "23:59:59");
        assert_eq!(moment(at("2026-11-21T23:59:59Z"), home), "2026-11-21 23:59:59");
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(line("# big *bold* [x](http://y) <b> | `c`"), "\\# big \\*bold\\* \\[x\\](http://y) \\<b\\> \\| \\`c\\`");
        assert_eq!((line("- a").as_str(), line("12. a").as_str(), line("a - b. c").as_str()), ("\\- a", "12\\. a", "a - b. c"));
        assert!(!line("a\x1b]52;c;eA==\x07b").contains('\x1b'));
        for text in ["# big *bold* [x](http://y) <b> | `c`", "C:\\new\\*.rs \\\\", "12. a", "- a", "`sh build.sh` exited"] {
            assert_eq!(unescaped(&line(text)), text, "what is read is what was written");
        }
        assert_eq!(line("one\n# two"), "one");
        assert_eq!(quote("one\n# two"), "> one  \n> \\# two  \n");
        assert!(block(&["```` out".to_owned()]).starts_with("`````text\n"));
    }
}
