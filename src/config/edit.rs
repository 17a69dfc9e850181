//! Small changes to a config file as text: comments, order and blank lines stay. A change that would say anything else than what was
//! asked for is refused, with what to write by hand.

use toml::Table;

use super::shown::quoted;

/// Why a file was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEdit {
    #[error("it is no TOML as it is: {0}; `trackside config check` says where")]
    Broken(String),
    #[error("it has one `[context]`; call that `[contexts.NAME]` first, then contexts can be chosen by name")]
    Flat,
    #[error("it is written in a way that cannot be changed safely; by hand: {0}")]
    ByHand(String),
}

/// `text` with `context = "name"`.
pub fn choose(text: &str, name: &str) -> Result<String, NoEdit> {
    let mut wanted = parse(text)?;
    if matches!(wanted.get("context"), Some(toml::Value::Table(_))) {
        return Err(NoEdit::Flat);
    }
    wanted.insert("context".to_owned(), toml::Value::String(name.to_owned()));
    let line = format!("context = {}", quoted(name));
    let top = text.lines().take_while(|it| !it.trim_start().starts_with('[')).count();
    let old = text.lines().take(top).position(|it| it.split('=').next().is_some_and(|key| key.trim() == "context"));
    let mut lines: Vec<&str> = text.lines().collect();
    match old {
        Some(at) => lines[at] = &line,
        // Below what is said about the file as a whole, above its first setting.
        None => lines.insert(lines.iter().take(top).take_while(|it| it.starts_with('#')).count(), &line),
    }
    checked(&lines, &wanted, &line)
}

/// `text` without `context = …`.
pub fn choose_none(text: &str) -> Result<String, NoEdit> {
    let mut wanted = parse(text)?;
    wanted.remove("context");
    let lines: Vec<&str> = text.lines().filter(|it| it.split('=').next().is_none_or(|key| key.trim() != "context")).collect();
    checked(&lines, &wanted, "take the line `context = …` out")
}

/// `text` with a table for the context `name`, which it must not have yet.
pub fn add(text: &str, name: &str, settings: &[(&str, toml::Value)]) -> Result<String, NoEdit> {
    let mut wanted = parse(text)?;
    let own: Table = settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let all = wanted.entry("contexts").or_insert_with(|| toml::Value::Table(Table::new()));
    let section = section(name, settings);
    match all.as_table_mut() {
        Some(all) => drop(all.insert(name.to_owned(), toml::Value::Table(own))),
        None => return Err(NoEdit::ByHand(section)),
    }
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.last().is_some_and(|it| !it.trim().is_empty()) {
        lines.push("");
    }
    lines.extend(section.lines());
    checked(&lines, &wanted, &section)
}

/// `text` with `key = value` in the table of the context `name`, which it must have.
pub fn set(text: &str, name: &str, key: &str, value: &toml::Value) -> Result<String, NoEdit> {
    let mut wanted = parse(text)?;
    let own = wanted.get_mut("contexts").and_then(|it| it.get_mut(name)).and_then(toml::Value::as_table_mut);
    let line = format!("{key} = {}", inline(value));
    let by_hand = || NoEdit::ByHand(format!("{line} in [contexts.{name}]"));
    own.ok_or_else(by_hand)?.insert(key.to_owned(), value.clone());
    let mut lines: Vec<&str> = text.lines().collect();
    let (from, to) = span(&lines, name).ok_or_else(by_hand)?;
    match lines[from..to].iter().position(|it| it.split('=').next().is_some_and(|it| it.trim() == key)) {
        Some(at) => lines[from + at] = &line,
        None => lines.insert(from + 1, &line),
    }
    checked(&lines, &wanted, &format!("{line} in [contexts.{name}]"))
}

/// `text` without the context `name`.
pub fn remove(text: &str, name: &str) -> Result<String, NoEdit> {
    let mut wanted = parse(text)?;
    let by_hand = format!("take the table [contexts.{name}] out");
    if let Some(all) = wanted.get_mut("contexts").and_then(toml::Value::as_table_mut) {
        all.remove(name);
        if all.is_empty() {
            wanted.remove("contexts");
        }
    }
    if wanted.get("context").and_then(toml::Value::as_str) == Some(name) {
        wanted.remove("context");
    }
    let mut lines: Vec<&str> = text.lines().collect();
    while let Some((from, to)) = span(&lines, name) {
        lines.drain(from..to);
    }
    if wanted.get("context").is_none() {
        let top = lines.iter().take_while(|it| !it.trim_start().starts_with('[')).count();
        if let Some(at) = lines.iter().take(top).position(|it| it.split('=').next().is_some_and(|key| key.trim() == "context")) {
            lines.remove(at);
        }
    }
    checked(&lines, &wanted, &by_hand)
}

/// The lines of a new context.
fn section(name: &str, settings: &[(&str, toml::Value)]) -> String {
    let mut out = format!("[contexts.{}]\n", header(name));
    for (key, value) in settings {
        out.push_str(key);
        out.push_str(" = ");
        out.push_str(&inline(value));
        out.push('\n');
    }
    out
}

/// The few kinds of value that are written here.
fn inline(value: &toml::Value) -> String {
    match value {
        toml::Value::String(it) => quoted(it),
        toml::Value::Array(all) => format!("[{}]", all.iter().map(inline).collect::<Vec<_>>().join(", ")),
        toml::Value::Boolean(it) => it.to_string(),
        // None of ours; what it comes to is compared with what was wanted, and refused.
        _ => String::new(),
    }
}

fn header(name: &str) -> String {
    if name.contains('.') { quoted(name) } else { name.to_owned() }
}

/// The lines of the table of `name`, with the tables in it: from its header on to before the next other header.
fn span(lines: &[&str], name: &str) -> Option<(usize, usize)> {
    let own = [format!("contexts.{name}"), format!("contexts.{}", quoted(name))];
    let title = |line: &str| line.trim().strip_prefix('[').and_then(|it| it.split(']').next()).map(str::trim).map(str::to_owned);
    let is_own =
        |title: &str| own.iter().any(|it| title == it || title.strip_prefix(it.as_str()).is_some_and(|rest| rest.starts_with('.')));
    let from = lines.iter().position(|it| title(it).is_some_and(|it| own.contains(&it)))?;
    let rest = lines[from + 1..].iter().position(|it| title(it).is_some_and(|it| !is_own(&it)));
    let next = rest.map_or(lines.len(), |it| from + 1 + it);
    Some((from, end(lines, from, next)))
}

/// Where a table from `from` on ends, when the next one begins at `next`: what is said above that one, apart from this one's last
/// setting, is said of that one. What is said at once below a setting is said of the setting.
fn end(lines: &[&str], from: usize, next: usize) -> usize {
    let said = |at: usize| lines[at].trim_start().starts_with('#');
    let blank = |at: usize| lines[at].trim().is_empty();
    let last = (from..next).rev().find(|at| !said(*at) && !blank(*at)).unwrap_or(from);
    let after = (last + 1..next).find(|at| !said(*at)).unwrap_or(next);
    if after == next && next < lines.len() {
        // No blank line between them: above a table it is that table's.
        return last + 1;
    }
    (after..next).find(|at| !blank(*at)).unwrap_or(next)
}

fn parse(text: &str) -> Result<Table, NoEdit> {
    text.parse().map_err(|err: toml::de::Error| NoEdit::Broken(err.message().to_owned()))
}

fn checked(lines: &[&str], wanted: &Table, by_hand: &str) -> Result<String, NoEdit> {
    let mut text = lines.join("\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if text.parse::<Table>().ok().as_ref() != Some(wanted) {
        return Err(NoEdit::ByHand(by_hand.to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# mine\ntheme = \"day\" # bright\n\n[contexts.prod]\nurl = \"https://p\"\n# careful\nproduction = true\n\n[contexts.prod.notify]\nquiet = \"22:00-07:00\"\n\n[rules]\ncalm = \"5m\"\n";

    fn text(it: &str) -> toml::Value {
        toml::Value::String(it.to_owned())
    }

    #[test]
    fn comments_order_and_blank_lines_stay_as_they_are() {
        let chosen = choose(FILE, "prod").unwrap();
        assert_eq!(chosen, FILE.replace("# mine\n", "# mine\ncontext = \"prod\"\n"));
        assert_eq!(choose(&chosen, "local").unwrap(), chosen.replace("\"prod\"\n", "\"local\"\n"));
        assert_eq!(choose_none(&chosen).unwrap(), FILE);
        assert_eq!(
            set(FILE, "prod", "keyring", &toml::Value::Boolean(true)).unwrap(),
            FILE.replace("[contexts.prod]\n", "[contexts.prod]\nkeyring = true\n")
        );
        assert_eq!(set(FILE, "prod", "url", &text("https://q")).unwrap(), FILE.replace("https://p", "https://q"));
    }

    #[test]
    fn what_was_added_can_be_taken_out_again() {
        let added = add(FILE, "eu.west", &[("url", text("https://eu")), ("production", toml::Value::Boolean(true))]).unwrap();
        assert!(added.ends_with("\n\n[contexts.\"eu.west\"]\nurl = \"https://eu\"\nproduction = true\n"), "{added}");
        assert_eq!(remove(&added, "eu.west").unwrap(), FILE);
        let gone = remove(&choose(FILE, "prod").unwrap(), "prod").unwrap();
        assert_eq!(gone, "# mine\ntheme = \"day\" # bright\n\n[rules]\ncalm = \"5m\"\n");
    }

    #[test]
    fn what_is_said_above_the_next_table_stays_with_it() {
        let file = "[contexts.prod]\nurl = \"https://p\"\n# was https://o\n\n# When it is quiet.\n\n# Mine.\n[rules]\ncalm = \"5m\"\n";
        assert_eq!(remove(file, "prod").unwrap(), "# When it is quiet.\n\n# Mine.\n[rules]\ncalm = \"5m\"\n");
        let close = "[contexts.prod]\nurl = \"https://p\"\n# Mine.\n[rules]\ncalm = \"5m\"\n";
        assert_eq!(remove(close, "prod").unwrap(), "# Mine.\n[rules]\ncalm = \"5m\"\n");
        let last = "[contexts.prod]\nurl = \"https://p\"\n\n# The end.\n";
        assert_eq!(remove(last, "prod").unwrap(), "# The end.\n");
    }

    #[test]
    fn what_cannot_be_changed_safely_is_said_and_not_changed() {
        assert_eq!(choose("[context]\nurl = \"https://p\"\n", "prod"), Err(NoEdit::Flat));
        let inline = "contexts = { prod = { url = \"https://p\" } }\n";
        assert!(matches!(remove(inline, "prod"), Err(NoEdit::ByHand(_))));
        assert!(matches!(set(inline, "prod", "keyring", &toml::Value::Boolean(true)), Err(NoEdit::ByHand(_))));
        assert!(matches!(choose("theme = = 1\n", "prod"), Err(NoEdit::Broken(_))));
    }
}
