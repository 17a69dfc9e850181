//! Masked text: plain stretches, and signs for the parts that vary.

/// What stands for a part that varies. In masked text each is one private-use sign, which clean text never holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Var {
    /// Anything: the lines differ here, and in no way that was foreseen.
    Any,
    Number,
    Hex,
    Uuid,
    Address,
    Duration,
    Size,
    Time,
    /// Letters and digits without a meaning.
    Id,
    /// The line goes on.
    Rest,
}

impl Var {
    const ALL: [Self; 10] =
        [Self::Any, Self::Number, Self::Hex, Self::Uuid, Self::Address, Self::Duration, Self::Size, Self::Time, Self::Id, Self::Rest];

    /// The sign that stands for it in masked text.
    pub const fn sign(self) -> char {
        match self {
            Self::Any => '\u{e000}',
            Self::Number => '\u{e001}',
            Self::Hex => '\u{e002}',
            Self::Uuid => '\u{e003}',
            Self::Address => '\u{e004}',
            Self::Duration => '\u{e005}',
            Self::Size => '\u{e006}',
            Self::Time => '\u{e007}',
            Self::Id => '\u{e008}',
            Self::Rest => '\u{e009}',
        }
    }

    /// What a person reads in its place.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "<*>",
            Self::Number => "<num>",
            Self::Hex => "<hex>",
            Self::Uuid => "<uuid>",
            Self::Address => "<ip>",
            Self::Duration => "<duration>",
            Self::Size => "<size>",
            Self::Time => "<time>",
            Self::Id => "<id>",
            Self::Rest => "<more>",
        }
    }

    /// What `sign` stands for.
    pub fn of(sign: char) -> Option<Self> {
        let place = u32::from(sign).checked_sub(0xe000)?;
        Self::ALL.get(place as usize).copied()
    }
}

/// A stretch of masked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Plain(&'a str),
    Var(Var),
}

/// The stretches of a masked text.
pub fn pieces(masked: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = masked;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if let Some(var) = Var::of(first) {
            rest = &rest[first.len_utf8()..];
            return Some(Piece::Var(var));
        }
        let end = rest.find(|c| Var::of(c).is_some()).unwrap_or(rest.len());
        let (plain, more) = rest.split_at(end);
        rest = more;
        Some(Piece::Plain(plain))
    })
}
