//! `trackside man`: the manual page, from the arguments' own table and the texts of `trackside help`.

use std::io::Write as _;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::Cli;
use super::exit::{OK, Outcome};
use super::help::{TOPICS, topic_text};

/// Prints it, in the form that `man` reads.
pub fn run() -> Outcome {
    std::io::stdout().lock().write_all(&page()?)?;
    Ok(OK)
}

/// The page: the program, each of its commands, the texts.
fn page() -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut root = Cli::command().disable_help_flag(true);
    root.build();
    let man = Man::new(root.clone());
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    writeln!(out, ".SH COMMANDS")?;
    for command in root.get_subcommands().filter(|it| !it.is_hide_set()) {
        commands(command, &mut out)?;
    }
    for (name, _, _) in TOPICS {
        writeln!(out, ".SH \"{}\"\n.nf", name.to_uppercase())?;
        // The text's own first line is the heading.
        for line in topic_text(name).lines().skip(1).skip_while(|it| it.is_empty()) {
            writeln!(out, "{}", roff(line))?;
        }
        writeln!(out, ".fi")?;
    }
    Ok(out)
}

/// A command, what it takes, and the commands below it.
fn commands(command: &Command, out: &mut Vec<u8>) -> std::io::Result<()> {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    writeln!(
        out,
        ".SS \"{}\"\n{}\n.PP\n.nf\n{}\n.fi",
        roff(usage.lines().next().unwrap_or_default()).replace('"', "'"),
        roff(&about),
        roff(usage)
    )?;
    for it in command.get_arguments().filter(|it| !it.is_hide_set() && !it.is_global_set() && it.get_id() != "help") {
        let flags = [it.get_short().map(|c| format!("-{c}")), it.get_long().map(|name| format!("--{name}"))];
        let mut name = flags.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let values = it.get_value_names().filter(|_| it.get_action().takes_values()).unwrap_or_default();
        for value in values {
            name.push_str(if name.is_empty() { "<" } else { " <" });
            name.push_str(value);
            name.push('>');
        }
        let help = it.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(out, ".TP\n\\fB{}\\fR\n{}", roff(&name), roff(&help))?;
    }
    command.get_subcommands().filter(|it| !it.is_hide_set()).try_for_each(|it| commands(it, out))
}

/// Text that a page shows as it is: no line of it is a request, no backslash an escape.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    let lines = escaped.lines().map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_command_and_every_text_and_holds_no_stray_request() {
        let text = String::from_utf8(page().unwrap()).unwrap();
        for command in Cli::command().get_subcommands().filter(|it| !it.is_hide_set()) {
            assert!(text.contains(&format!(".SS \"trackside {}", roff(command.get_name()))), "{} is missing", command.get_name());
        }
        for (name, _, _) in TOPICS {
            assert!(text.contains(&format!(".SH \"{}\"", name.to_uppercase())), "{name}");
        }
        let known = [".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi", ".br", ".ie", ".el", ".ds", ".if"];
        for line in text.lines().filter(|it| it.starts_with('.')) {
            assert!(known.iter().any(|it| line.starts_with(it)), "{line}");
        }
    }
}
