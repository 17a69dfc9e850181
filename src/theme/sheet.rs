//! A theme: a style for every role, read from TOML. Everything wrong with a file is said at once, and the rest of it still counts.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builtin;
use super::color::{self, Depth};
use super::role::Role;

/// Longest chain of `inherits`: more is a circle in all but name.
const CHAIN: usize = 8;
/// What a theme may switch on, by its word.
const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed", Modifier::CROSSED_OUT),
];

/// A style for every role.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub name: String,
    styles: Vec<Style>,
    ground: Style,
}

/// Something wrong with a theme file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The theme's name.
    pub theme: String,
    /// From 1.
    pub line: usize,
    pub text: String,
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "theme {}, line {}: {}", self.theme, self.line, self.text)
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::builtin("night")
    }
}

impl Theme {
    /// A theme that comes with the program; `night` where there is none of that name.
    pub fn builtin(name: &str) -> Self {
        let known = if builtin::text(name).is_some() { name } else { "night" };
        Self::load(known, |_| None).0
    }

    /// The theme `name` with all it inherits. `user` gives the text of a file in the person's own folder, which wins over ours.
    pub fn load(name: &str, user: impl Fn(&str) -> Option<String>) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut chain: Vec<Sheet> = Vec::new();
        let mut next = Some((name.to_owned(), 1));
        while let Some((want, line)) = next.take() {
            let asker = chain.last().map_or_else(|| name.to_owned(), |it| it.name.clone());
            let complain = |text: String| Complaint { theme: asker.clone(), line, text };
            // A file of the person's own may stand on ours of the same name: `night` that inherits `night`.
            let again = chain.iter().filter(|it| it.name == want).count();
            let text = match again {
                0 => user(&want).or_else(|| builtin::text(&want).map(str::to_owned)),
                1 if user(&want).is_some() => builtin::text(&want).map(str::to_owned),
                _ => None,
            };
            match text {
                _ if chain.len() >= CHAIN => complaints.push(complain(format!("more than {CHAIN} themes stand on each other"))),
                None if again > 0 => complaints.push(complain(format!("`{want}` inherits itself"))),
                None => complaints
                    .push(complain(format!("there is no theme `{want}`; there are {}", builtin::names().collect::<Vec<_>>().join(", ")))),
                Some(text) => {
                    let sheet = Sheet::read(&want, &text, &mut complaints);
                    next.clone_from(&sheet.inherits);
                    chain.push(sheet);
                }
            }
        }
        chain.reverse();
        (Self::of(name, &chain, &mut complaints), complaints)
    }

    /// A theme made by hand, for tests that need a known style for every role.
    pub fn from_fn(name: &str, ground: Style, style: impl Fn(Role) -> Style) -> Self {
        Self { name: name.to_owned(), styles: Role::ALL.iter().map(|it| style(*it)).collect(), ground }
    }

    /// The look of `role`. Without a background of its own a role lets the one below it show.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The ground of the whole screen, with ordinary text on it.
    pub const fn ground(&self) -> Style {
        self.ground
    }

    /// The same theme for a terminal with fewer colours.
    #[must_use]
    pub fn at(&self, depth: Depth) -> Self {
        let styles = self.styles.iter().map(|it| color::reduce(*it, depth)).collect();
        let ground = if depth == Depth::None { Style::new() } else { color::reduce(self.ground, depth) };
        Self { name: self.name.clone(), styles, ground }
    }

    fn of(name: &str, chain: &[Sheet], complaints: &mut Vec<Complaint>) -> Self {
        let palette: BTreeMap<&str, Color> = chain.iter().flat_map(|it| it.palette.iter().map(|(k, v)| (k.as_str(), *v))).collect();
        let mut given: BTreeMap<Role, Style> = BTreeMap::new();
        for sheet in chain {
            for look in &sheet.looks {
                given.insert(look.role, look.style(&palette, &sheet.name, complaints));
            }
        }
        let text = given.get(&Role::Text).copied().unwrap_or_default();
        given.insert(Role::Text, Style { bg: None, ..text });
        let styles = Role::ALL.iter().map(|role| inherited(*role, &given)).collect();
        let ground = Style { fg: text.fg.or(Some(Color::Reset)), bg: text.bg.or(Some(Color::Reset)), ..Style::new() };
        Self { name: name.to_owned(), styles, ground }
    }
}

/// The style given to `role`, or to the nearest of its parents.
fn inherited(role: Role, given: &BTreeMap<Role, Style>) -> Style {
    let mut at = role;
    loop {
        if let Some(style) = given.get(&at) {
            return *style;
        }
        if at == at.parent() {
            return Style::new();
        }
        at = at.parent();
    }
}

/// One file as it was written.
struct Sheet {
    name: String,
    inherits: Option<(String, usize)>,
    palette: BTreeMap<String, Color>,
    looks: Vec<Look>,
}

/// What a file says of one role; colours still by name, since a file that inherits this one may change the palette.
struct Look {
    role: Role,
    line: usize,
    fg: Option<String>,
    bg: Option<String>,
    modifiers: Modifier,
}

impl Look {
    fn style(&self, palette: &BTreeMap<&str, Color>, theme: &str, complaints: &mut Vec<Complaint>) -> Style {
        let mut find = |name: &Option<String>| {
            let name = name.as_deref()?;
            let found = palette.get(name).copied().or_else(|| color::read(name));
            if found.is_none() {
                let text = format!("`{name}` is no colour: a name of [palette], #rrggbb, 0 to 255, or one of the sixteen names");
                complaints.push(Complaint { theme: theme.to_owned(), line: self.line, text });
            }
            found
        };
        let (fg, bg) = (find(&self.fg), find(&self.bg));
        Style { fg, bg, add_modifier: self.modifiers, ..Style::new() }
    }
}

/// Reads one file, complaining as it goes.
struct Reader<'a> {
    theme: &'a str,
    text: &'a str,
    complaints: &'a mut Vec<Complaint>,
}

impl Sheet {
    fn read(name: &str, text: &str, complaints: &mut Vec<Complaint>) -> Self {
        let mut sheet = Self { name: name.to_owned(), inherits: None, palette: BTreeMap::new(), looks: Vec::new() };
        let mut reader = Reader { theme: name, text, complaints };
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let at = error.span().map_or(0, |it| it.start);
                reader.complain(at, error.message().to_owned());
                return sheet;
            }
        };
        for (key, value) in &table {
            let at = value.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("inherits", DeValue::String(it)) => sheet.inherits = Some((it.to_string(), reader.line(at))),
                ("palette", DeValue::Table(it)) => sheet.palette = reader.palette(it),
                ("role", DeValue::Table(it)) => sheet.looks = it.iter().filter_map(|(key, value)| reader.look(key, value)).collect(),
                (other, _) => {
                    reader.complain(key.span().start, format!("`{other}` is not known here; there are inherits, [palette] and [role]"));
                }
            }
        }
        sheet
    }
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    fn complain(&mut self, at: usize, text: String) {
        let line = self.line(at);
        self.complaints.push(Complaint { theme: self.theme.to_owned(), line, text });
    }

    fn palette(&mut self, table: &DeTable<'_>) -> BTreeMap<String, Color> {
        let mut out = BTreeMap::new();
        for (key, value) in table {
            let found = if let DeValue::String(it) = value.get_ref() { color::read(it) } else { None };
            match found {
                Some(color) => drop(out.insert(key.get_ref().to_string(), color)),
                None => self.complain(
                    value.span().start,
                    format!("`{}` needs a colour: \"#rrggbb\", \"0\" to \"255\", or one of the sixteen names", key.get_ref()),
                ),
            }
        }
        out
    }

    fn look(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> Option<Look> {
        let at = key.span().start;
        let Some(role) = Role::named(key.get_ref()) else {
            self.complain(at, format!("there is no role `{}`{}", key.get_ref(), nearest(key.get_ref())));
            return None;
        };
        let mut look = Look { role, line: self.line(at), fg: None, bg: None, modifiers: Modifier::empty() };
        match value.get_ref() {
            DeValue::String(it) => look.fg = Some(it.to_string()),
            DeValue::Table(table) => {
                for (key, value) in table {
                    self.part(&mut look, key.get_ref(), value);
                }
            }
            _ => self.complain(value.span().start, format!("`{}` needs a colour, or {{ fg, bg, bold, … }}", role.name())),
        }
        Some(look)
    }

    fn part(&mut self, look: &mut Look, key: &str, value: &Spanned<DeValue<'_>>) {
        match (key, value.get_ref()) {
            ("fg", DeValue::String(it)) => look.fg = Some(it.to_string()),
            ("bg", DeValue::String(it)) => look.bg = Some(it.to_string()),
            (word, DeValue::Boolean(on)) => match MODIFIERS.iter().find(|(it, _)| *it == word) {
                Some((_, modifier)) => look.modifiers.set(*modifier, *on),
                None => self.complain(
                    value.span().start,
                    format!("`{word}` cannot be switched on; there are bold, dim, italic, underlined, reversed, crossed"),
                ),
            },
            (other, _) => {
                self.complain(value.span().start, format!("`{other}` is not known here, or is no text; there are fg, bg and bold = true"));
            }
        }
    }
}

/// The role whose name is most like `word`, to be offered.
fn nearest(word: &str) -> String {
    let alike = |name: &str| name.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
    match Role::ALL.iter().map(|it| it.name()).max_by_key(|name| alike(name)) {
        Some(name) if alike(name) > 1 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}
