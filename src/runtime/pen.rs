//! What the terminal writes with: colours and attributes, and the shortest sequence from one state to another. Pure.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Every attribute we write, and its number.
const ATTRIBUTES: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// What switches attributes off: bold and dim share one number, and so do the two ways to blink.
const OFF: [(Modifier, u8); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), 22),
    (Modifier::ITALIC, 23),
    (Modifier::UNDERLINED, 24),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), 25),
    (Modifier::REVERSED, 27),
    (Modifier::HIDDEN, 28),
    (Modifier::CROSSED_OUT, 29),
];
/// Where a blank cell shows more than its background.
const INKED: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// The terminal's state of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    fg: Color,
    bg: Color,
    line: Color,
    modifier: Modifier,
}

impl Pen {
    /// What writes `cell`.
    pub const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, line: cell.underline_color, modifier: cell.modifier }
    }

    /// No ink on the background `bg`.
    pub fn on(bg: Color) -> Self {
        Self { bg, ..Self::default() }
    }

    /// The background it writes on.
    pub const fn ground(&self) -> Color {
        self.bg
    }

    /// No attribute is on.
    pub const fn is_bare(&self) -> bool {
        self.modifier.is_empty()
    }

    /// A blank that it writes shows more than its background.
    pub const fn marks_blanks(&self) -> bool {
        self.modifier.intersects(INKED)
    }

    /// Whether `cell` can be written as things are.
    pub fn fits(&self, cell: &Cell) -> bool {
        *self == self.wanted(cell)
    }

    /// Changes to what `cell` needs.
    pub fn take(&mut self, cell: &Cell, out: &mut Vec<u8>) {
        let wanted = self.wanted(cell);
        self.change(wanted, out);
    }

    /// Changes to the background `bg`, for erasing: no attribute may reach the erased cells.
    pub fn erase(&mut self, bg: Color, out: &mut Vec<u8>) {
        let wanted = if self.modifier.is_empty() { Self { bg, ..*self } } else { Self { bg, ..Self::default() } };
        self.change(wanted, out);
    }

    /// A blank shows its background only: the ink stays as it is, unless it would underline or reverse the blank.
    fn wanted(&self, cell: &Cell) -> Self {
        if !is_blank(cell) {
            return Self::of(cell);
        }
        if self.marks_blanks() {
            return Self::on(cell.bg);
        }
        Self { bg: cell.bg, ..*self }
    }

    /// Changes to `to`.
    pub fn change(&mut self, to: Self, out: &mut Vec<u8>) {
        if *self == to {
            return;
        }
        if to == Self::default() {
            out.extend_from_slice(b"\x1b[m");
            *self = to;
            return;
        }
        let mut sgr = Vec::with_capacity(24);
        let mut from = *self;
        for (group, number) in OFF {
            if (from.modifier - to.modifier).intersects(group) {
                let _ = write!(sgr, "{number};");
                from.modifier -= group;
            }
        }
        for (attribute, number) in ATTRIBUTES {
            if (to.modifier - from.modifier).contains(attribute) {
                let _ = write!(sgr, "{number};");
            }
        }
        if to.fg != from.fg {
            color(to.fg, 30, &mut sgr);
        }
        if to.bg != from.bg {
            color(to.bg, 40, &mut sgr);
        }
        if to.line != from.line {
            line_color(to.line, &mut sgr);
        }
        *self = to;
        sgr.pop();
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&sgr);
        out.push(b'm');
    }
}

/// Nothing but background.
pub fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol(), " " | "") && !cell.modifier.intersects(INKED)
}

/// Whether two cells look the same. The colour of the ink of a blank does not show.
pub fn same(a: &Cell, b: &Cell) -> bool {
    // Asked of each cell of each frame: what tells most of them apart goes first.
    let alike = || a.symbol() == b.symbol() && a.fg == b.fg && a.modifier == b.modifier && a.underline_color == b.underline_color;
    a.bg == b.bg && (alike() || (is_blank(a) && is_blank(b)))
}

/// A colour as a number, of 26 bits.
pub fn number(color: Color) -> u64 {
    match color {
        Color::Reset => 0,
        Color::Rgb(r, g, b) => 1 << 24 | u64::from(r) << 16 | u64::from(g) << 8 | u64::from(b),
        Color::Indexed(n) => 2 << 24 | u64::from(n),
        named => 3 << 24 | u64::from(ansi(named)),
    }
}

/// `base` is 30 for the ink, 40 for the background.
fn color(color: Color, base: u8, sgr: &mut Vec<u8>) {
    let _ = match color {
        Color::Rgb(r, g, b) => write!(sgr, "{};2;{r};{g};{b};", base + 8),
        Color::Indexed(n) => write!(sgr, "{};5;{n};", base + 8),
        Color::Reset => write!(sgr, "{};", base + 9),
        named => match ansi(named) {
            n @ 0..8 => write!(sgr, "{};", base + n),
            n => write!(sgr, "{};", base + 60 + n - 8),
        },
    };
}

fn line_color(color: Color, sgr: &mut Vec<u8>) {
    let _ = match color {
        Color::Rgb(r, g, b) => write!(sgr, "58;2;{r};{g};{b};"),
        Color::Indexed(n) => write!(sgr, "58;5;{n};"),
        Color::Reset => write!(sgr, "59;"),
        named => write!(sgr, "58;5;{};", ansi(named)),
    };
}

/// The number of a colour of the terminal's own sixteen.
const fn ansi(color: Color) -> u8 {
    match color {
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => 0,
    }
}
