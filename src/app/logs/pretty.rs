//! JSON laid out to be read. Order, members of one name and escapes stay as they are; what is no JSON comes out as some lines of text.

/// Most lines: more than anyone reads, and a bound on what a hostile line can ask for.
const MOST: usize = 5_000;
/// Deepest indent, in steps of two columns.
const DEEPEST: usize = 32;

/// `json` with a member or element in each line.
pub fn pretty(json: &str) -> Vec<String> {
    let mut out = Page::default();
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next().filter(|_| out.lines.len() < MOST) {
        match c {
            '"' => {
                out.line.push(c);
                let mut escaped = false;
                for c in rest.by_ref() {
                    out.line.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                out.line.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                match rest.next_if(|it| matches!(it, '}' | ']')) {
                    Some(end) => out.line.push(end),
                    None => out.step(1),
                }
            }
            '}' | ']' => {
                out.step(-1);
                out.line.push(c);
            }
            ',' => {
                out.line.push(c);
                out.step(0);
            }
            ':' => out.line.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.line.push(c),
        }
    }
    out.lines.push(out.line);
    if rest.peek().is_some() {
        out.lines.push("…".to_owned());
    }
    out.lines
}

#[derive(Default)]
struct Page {
    lines: Vec<String>,
    line: String,
    depth: usize,
}

impl Page {
    /// Ends the line; the next one is so much deeper.
    fn step(&mut self, by: isize) {
        self.depth = self.depth.saturating_add_signed(by);
        let next = "  ".repeat(self.depth.min(DEEPEST));
        self.lines.push(std::mem::replace(&mut self.line, next));
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn order_doubles_and_escapes_stay_as_they_are() {
        let lines = pretty(r#"{"b":1, "a":{"x":[],"y":[1,"},{"]},"b":"\"\u001b"}"#);
        let want = [
            "{",
            "  \"b\": 1,",
            "  \"a\": {",
            "    \"x\": [],",
            "    \"y\": [",
            "      1,",
            "      \"},{\"",
            "    ]",
            "  },",
            "  \"b\": \"\\\"\\u001b\"",
            "}",
        ];
        assert_eq!(lines, want);
    }

    #[test]
    fn what_is_very_deep_or_long_has_an_end() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let lines = pretty(&deep);
        assert!(lines.len() <= super::MOST + 2 && lines.iter().all(|it| it.len() <= 2 * super::DEEPEST + 3));
        assert_eq!(lines.last().map(String::as_str), Some("…"));
    }
}
