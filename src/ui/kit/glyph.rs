//! Every sign that is not a letter, and what each becomes where only ASCII may be drawn.

use ratatui::buffer::Buffer;

pub use crate::app::heights::HEIGHTS;

pub const OK: &str = "✓";
pub const BUSY: &str = "◐";
/// What is really running turns.
pub const SPIN: [&str; 4] = ["◐", "◓", "◑", "◒"];
pub const FAIL: &str = "✗";
pub const LOOP: &str = "↻";
pub const OFF: &str = "○";
pub const SLEEP: &str = "◌";
pub const UNKNOWN: &str = "?";
pub const WAIT: &str = "◇";
pub const CANCEL: &str = "⊘";
pub const GONE: &str = "·";
pub const DOT: &str = "●";
pub const WARN: &str = "!";
pub const OPEN: &str = "▾";
pub const FOLDED: &str = "▸";
pub const INTO: &str = "▸";
pub const MORE: &str = "…";
pub const MARKER: &str = "▲";
pub const DOWN: &str = "↓";
/// A line that belongs further up in time.
pub const LATE: &str = "↑";
pub const TICKED: &str = "■";
pub const UNTICKED: &str = "□";
pub const CARET: &str = "▏";
/// Before a name that can be taken for another.
pub const LIKE: &str = "≈";

/// What stands for `c` where only ASCII may be drawn; anything else becomes `?`.
#[expect(clippy::match_same_arms, reason = "a table: one line for each kind of sign")]
const fn ascii(c: char) -> char {
    match c {
        '✓' | '■' => '+',
        '✗' | '⊘' => 'x',
        '◐' | '◑' | '≈' => '~',
        '◓' | '◒' => '=',
        '↻' => '@',
        '○' => 'o',
        '◌' => 'z',
        '◇' | '·' | '•' | '▁' => '.',
        '●' | '▇' => '*',
        '▾' | '↓' => 'v',
        '▸' | '→' | '❯' => '>',
        '▲' | '↑' | '╵' => '^',
        '…' => '~',
        '─' | '–' | '—' | '┄' | '▄' => '-',
        '━' | '▅' => '=',
        '│' | '┃' | '▏' | '▐' | '▕' => '|',
        '╭' | '╮' | '╰' | '╯' | '┼' | '├' | '┤' | '┬' | '┴' | '▆' => '+',
        '▓' | '█' => '#',
        '▀' => '=',
        '≤' => '<',
        '░' | '□' | '╌' => '.',
        '▂' => ',',
        '▃' => ':',
        '“' | '”' => '"',
        '’' | '‘' => '\'',
        '×' => 'x',
        'µ' => 'u',
        '↕' => '%',
        '±' => 'f',
        '∞' => '8',
        '\u{2800}'..='\u{28ff}' => braille(c),
        ' '..='~' => c,
        _ => '?',
    }
}

/// A cell of a braille chart as the one sign nearest to where its dots are.
const fn braille(c: char) -> char {
    let dots = c as u32 - 0x2800;
    let rows = [dots & 0x09 != 0, dots & 0x12 != 0, dots & 0x24 != 0, dots & 0xc0 != 0];
    match rows {
        [false, false, false, false] => ' ',
        [true, true, true, _] | [_, true, true, true] => '|',
        [true, _, _, false] => '\'',
        [_, _, _, true] => '.',
        _ => '-',
    }
}

/// Makes all of `buf` ASCII. Done once over the finished frame, so that no painter can forget it.
pub fn to_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        let plain = symbol.chars().next().map_or(' ', ascii);
        cell.set_char(plain);
    }
}
