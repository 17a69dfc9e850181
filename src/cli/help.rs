//! `trackside help [COMMAND|TOPIC]`: the help of a command, or a text about one thing that is longer than a flag's line.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::args::Cli;
use super::exit::{Failure, OK, Outcome, USAGE};
use super::out::Out;
use crate::app::action::Action;
use crate::app::actions;
use crate::app::keymap::Keymap;
use crate::config::{KEYS, Layers, nearest};
use crate::model::query::GRAMMAR;

/// A text, what it is about, and the text.
type Topic = (&'static str, &'static str, &'static str);

/// All texts, in the order in which they are listed.
pub const TOPICS: &[Topic] = &[
    ("config", "the config file, its layers and settings", include_str!("../../assets/help/config.txt")),
    ("contexts", "several platforms, production, read-only", include_str!("../../assets/help/contexts.txt")),
    ("exit-codes", "how commands end", include_str!("../../assets/help/exit-codes.txt")),
    ("json", "what --json answers", include_str!("../../assets/help/json.txt")),
    ("keys", "every key of the dashboard", include_str!("../../assets/help/keys.txt")),
    ("query", "the language that finds log lines", include_str!("../../assets/help/query.txt")),
    ("security", "tokens, TLS, hostile text, recordings", include_str!("../../assets/help/security.txt")),
    ("ssh", "colours, clipboard and tunnels over a line", include_str!("../../assets/help/ssh.txt")),
];

/// Runs it.
pub fn run(out: Out, words: &[String], layers: &Layers) -> Outcome {
    let text = match words {
        [topic] if topic == "keys" => own_keys(layers),
        [] => format!("{}\n{}\n", Cli::command().render_long_help(), topics()),
        [topic] if TOPICS.iter().any(|it| it.0 == topic) => topic_text(topic),
        words => command_help(words)?,
    };
    out.answer(&serde_json::json!({ "text": text }), text.trim_end())?;
    Ok(OK)
}

/// The text about `name`, with what is generated put in; empty where there is none.
pub fn topic_text(name: &str) -> String {
    with_keys(name, &keys(|it| it.keys.join(" ")))
}

fn with_keys(name: &str, keys: &str) -> String {
    let text = TOPICS.iter().find(|it| it.0 == name).map_or("", |it| it.2);
    text.replace("{grammar}\n", &grammar()).replace("{keys}\n", keys).replace("{settings}\n", &settings())
}

/// The keys as this person has bound them: with the preset, and their own.
fn own_keys(layers: &Layers) -> String {
    let wished = layers.config(None).map(|it| it.0.keys.wished()).unwrap_or_default();
    let map = Keymap::new(&wished.bindings()).0;
    with_keys("keys", &keys(|it| map.keys_of(it.name).join(" ")))
}

/// The lines that the help of the program lists the texts with.
pub fn topics() -> String {
    let mut out = "Texts (trackside help TEXT):".to_owned();
    for (name, about, _) in TOPICS {
        let _ = write!(out, "\n  {name:<12} {about}");
    }
    out
}

fn command_help(words: &[String]) -> Result<String, Failure> {
    let mut root = Cli::command();
    root.build();
    let mut command: &mut Command = &mut root;
    for word in words {
        let known: Vec<String> = command.get_subcommands().filter(|it| !it.is_hide_set()).map(|it| it.get_name().to_owned()).collect();
        let topics = TOPICS.iter().map(|it| it.0);
        let near = nearest(word, known.iter().map(String::as_str).chain(topics)).map(|it| format!("; did you mean `{it}`?"));
        command = command
            .find_subcommand_mut(word)
            .ok_or_else(|| Failure::new(USAGE, format!("there is no command or text `{word}`{}", near.unwrap_or_default())))?;
    }
    Ok(command.render_long_help().to_string())
}

fn grammar() -> String {
    let width = GRAMMAR.iter().map(|it| it.0.chars().count()).filter(|it| *it <= 34).max().unwrap_or(0);
    let mut out = String::new();
    for (written, finds) in GRAMMAR {
        if written.chars().count() > width {
            let _ = writeln!(out, "  {written}\n  {:width$}  {finds}", "");
        } else {
            let _ = writeln!(out, "  {written:<width$}  {finds}");
        }
    }
    out
}

/// The table of actions: keys as `of` says them, name, what it does.
fn keys(of: impl Fn(&Action) -> String) -> String {
    let mut out = String::new();
    for it in actions::all() {
        let _ = writeln!(out, "  {:<18} {:<22} {}", of(it), it.name, it.help);
    }
    out
}

/// The table of settings as it is.
fn settings() -> String {
    let width = KEYS.iter().map(|it| it.path.len()).max().unwrap_or(0);
    let mut out = String::new();
    for it in KEYS {
        let _ = writeln!(out, "  {:<width$}  {}", it.path, it.help);
    }
    out
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::config::load;
    use crate::model::query::{Clock, Query};
    use crate::model::time::Time;

    /// Words of a line as a shell reads them: quotes alone, which is all the examples use.
    fn words(line: &str) -> Vec<String> {
        let (mut out, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
        for c in line.chars() {
            match (quote, c) {
                (None, '\'' | '"') => (quote, any) = (Some(c), true),
                (Some(q), c) if q == c => quote = None,
                (None, ' ') => {
                    if any || !word.is_empty() {
                        out.push(std::mem::take(&mut word));
                    }
                    any = false;
                }
                (_, c) => word.push(c),
            }
        }
        if any || !word.is_empty() {
            out.push(word);
        }
        out
    }

    /// The commands in `text`: lines that begin with our name, each piece of a pipe by itself, remarks cut off.
    fn examples(text: &str) -> Vec<Vec<String>> {
        let lines = text.lines().map(str::trim_start);
        let said = lines.filter(|it| {
            it.contains("trackside") && !it.contains('`') && !it.starts_with(|c: char| c.is_uppercase() && c != 'C' && c != 'N')
        });
        let pieces = said.flat_map(|line| line.split(" | ")).filter_map(|piece| piece.find("trackside ").map(|at| piece[at..].to_owned()));
        pieces
            .map(|it| {
                words(
                    it.split("   ")
                        .next()
                        .unwrap_or_default()
                        .split(" > ")
                        .next()
                        .unwrap_or_default()
                        .split(" #")
                        .next()
                        .unwrap_or_default()
                        // What a shell puts around a command is not part of it: <(…), "$(…)".
                        .trim_end_matches(['"', ')', ' ']),
                )
            })
            .collect()
    }

    fn parses(command: &[String]) {
        let parsed = Cli::try_parse_from(command);
        assert!(parsed.is_ok(), "{command:?}: {}", parsed.unwrap_err());
    }

    #[test]
    fn every_example_of_the_texts_is_a_command_that_there_is() {
        let mut found = 0;
        for (name, _, _) in TOPICS {
            for command in examples(&topic_text(name)).iter().filter(|it| it.len() > 1) {
                parses(command);
                found += 1;
                if let ["logs", query] | ["logs", _, query, ..] = command[1..].iter().map(String::as_str).collect::<Vec<_>>()[..]
                    && !query.starts_with('-')
                    && query.contains(|c: char| !c.is_alphanumeric() && c != '/')
                {
                    let clock = Clock { now: Time(0), offset_minutes: 0 };
                    Query::parse(query, clock).unwrap_or_else(|mistake| panic!("{name}: {query}: {}", mistake.drawn(query)));
                }
            }
        }
        assert!(found >= 20, "only {found} examples were found");
    }

    #[test]
    fn every_example_under_a_command_is_a_command_that_there_is() {
        fn all(command: &Command, found: &mut usize) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for example in examples(&help).iter().filter(|it| it.len() > 1) {
                parses(example);
                *found += 1;
            }
            command.get_subcommands().for_each(|it| all(it, found));
        }
        let mut found = 0;
        all(&Cli::command(), &mut found);
        assert!(found >= 15, "only {found} examples were found");
    }

    #[test]
    fn every_config_in_the_texts_is_taken_without_a_complaint() {
        let mut found = 0;
        for (name, _, _) in TOPICS {
            for block in topic_text(name).split("```toml\n").skip(1) {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("config.toml");
                std::fs::write(&file, block.split("```").next().unwrap()).unwrap();
                let (_, complaints) = load(&file, [], &[]);
                assert!(complaints.is_empty(), "{name}: {complaints:?}");
                found += 1;
            }
        }
        assert!(found >= 2);
    }

    #[test]
    fn a_text_fits_a_page_and_holds_nothing_that_was_not_put_in() {
        for (name, _, _) in TOPICS {
            let text = topic_text(name);
            assert!(!text.contains('{') || matches!(*name, "json" | "keys"), "{name} has a place that nothing was put into");
            for line in text.lines().filter(|_| !matches!(*name, "keys" | "config" | "query")) {
                assert!(line.chars().count() <= 122, "{name}: {line}");
            }
        }
    }

    #[test]
    fn the_exit_codes_of_the_text_are_those_of_the_program() {
        use super::super::exit::{CANCELLED, DENIED, FAILED, INTERRUPTED, NOT_FOUND, TIMED_OUT, UNREACHABLE};
        let text = topic_text("exit-codes");
        let codes: Vec<u8> = text.lines().filter_map(|it| it.strip_prefix("  ")?.split_whitespace().next()?.parse().ok()).collect();
        assert_eq!(codes, [OK, FAILED, USAGE, UNREACHABLE, DENIED, NOT_FOUND, CANCELLED, TIMED_OUT, INTERRUPTED]);
    }
}
