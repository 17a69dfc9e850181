//! The person's own editor on a text: it is lent the terminal and the keyboard. Whatever goes wrong, the text is as it was before.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::gate::Gate;
use crate::app::msg::Outcome;
use crate::model::text::clean_line;

/// The reader of keys rests within this time, or something else is wrong with the terminal.
const REST: Duration = Duration::from_secs(1);
/// Bytes of text that are taken back: many times a note, and more than the longest review.
const MOST: u64 = 256 * 1024;
/// Bytes cleaned at once: however many of them are controls, what they become is no longer than a line may be.
const PIECE: usize = 4 * 1024;

/// Lets the person edit `text`, and waits until they are done. The terminal must have been left.
pub fn edit(gate: &Gate, text: &str) -> Outcome {
    if !gate.close(REST) {
        return Outcome::Failed("the keyboard could not be handed over; the text is as it was".to_owned());
    }
    let command = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|it| !it.trim().is_empty()));
    let command = command.unwrap_or_else(|| "vi".to_owned());
    let edited = run(&command, text);
    gate.open();
    match edited {
        Ok(text) => Outcome::Edited(text),
        Err(err) => Outcome::Failed(format!("{}: {err}; the text here is as it was", clean_line(&command))),
    }
}

fn run(command: &str, text: &str) -> io::Result<String> {
    // tempfile makes it 0600: a note is for those who may see the incident.
    let mut file = tempfile::Builder::new().prefix("trackside-note-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    // A file of text ends with the end of a line: what an editor or a filter appends is a line of its own.
    if !text.is_empty() && !text.ends_with('\n') {
        file.write_all(b"\n")?;
    }
    file.flush()?;
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let on_tty = || tty.as_ref().ok().and_then(|it| it.try_clone().ok()).map_or_else(Stdio::inherit, Stdio::from);
    // As git does it: the setting is a line of shell, the file its argument.
    let mut child = Command::new("sh");
    child.arg("-c").arg(format!("{command} \"$@\"")).arg(command).arg(file.path());
    child.env_remove("TRACKSIDE_TOKEN");
    let status = child.stdin(on_tty()).stdout(on_tty()).stderr(on_tty()).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("ended with {}", status.code().map_or_else(|| "a signal".to_owned(), |it| it.to_string()))));
    }
    // By its name: most editors put a new file in the place of the old one.
    let mut bytes = Vec::new();
    File::open(file.path())?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let size = std::fs::metadata(file.path())?.len();
        // What somebody wrote is not cut and not thrown away: it stays where they wrote it.
        let (_, path) = file.keep().map_err(|err| err.error)?;
        return Err(io::Error::other(format!(
            "the text has {} KiB, the most are {} KiB: what you wrote is in {}",
            size.div_ceil(1024),
            MOST / 1024,
            path.display()
        )));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(clean).collect::<Vec<_>>().join("\n"))
}

/// Cleans a line of any length: what would be cut as a log line is a paragraph here.
fn clean(line: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(line.len()), line);
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(PIECE));
        out.push_str(&clean_line(head));
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_gets_the_text_and_its_change_comes_back_clean() {
        assert_eq!(run("printf 'b\\033[31mc\\n' >>", "a\n").unwrap(), "a\nb\u{241b}[31mc");
        assert_eq!(run("printf 'b\\n' >>", "a").unwrap(), "a\nb", "what is appended is a line of its own");
        assert_eq!(run("true", "").unwrap(), "");
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_with_its_size_and_stays_in_its_file() {
        let why = run("yes | head -c 300000 >>", "a\n").unwrap_err().to_string();
        assert!(why.contains("the text has 293 KiB, the most are 256 KiB"), "{why}");
        let path = why.rsplit_once(" is in ").unwrap().1;
        assert_eq!(std::fs::metadata(path).unwrap().len(), 300_002);
        std::fs::remove_file(path).unwrap();
        let long = "b".repeat(200_000);
        assert_eq!(run("true", &long).unwrap(), long);
    }

    #[test]
    fn an_editor_that_fails_changes_nothing() {
        assert!(run("false", "a").unwrap_err().to_string().contains("ended with 1"));
        assert!(run("/nonexistent/editor", "a").unwrap_err().to_string().contains("127"));
    }
}
