//! Colours: reading them, how well two of them can be told apart, and making do with fewer of them.

use ratatui::style::{Color, Modifier, Style};

/// How many colours a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: `NO_COLOR`, or a terminal that has only bold and reverse.
    None,
    Ansi16,
    Indexed256,
    #[default]
    True,
}

/// xterm's own sixteen, as every terminal without a scheme of its own shows them.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];
/// Levels of the 6x6x6 cube of the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Reads `#rrggbb`, `0` to `255`, `default`, or one of the sixteen names (`red`, `light-red`, `dark-gray`…).
pub fn read(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = text.strip_prefix('#') {
        // `from_str_radix` would take a sign.
        let whole = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let n = u32::from_str_radix(hex, 16).ok().filter(|_| whole)?;
        return Some(Color::Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8));
    }
    if let Ok(n) = text.parse::<u8>() {
        return Some(Color::Indexed(n));
    }
    let plain = text.replace(['-', '_'], "");
    ANSI.iter().map(|(color, _)| *color).find(|color| format!("{color}").eq_ignore_ascii_case(&plain))
}

/// The red, green and blue of `color`, where they are known: a named colour is whatever the terminal makes of it.
pub const fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n @ 16..=231) => {
            let n = (n - 16) as usize;
            Some([CUBE[n / 36], CUBE[n / 6 % 6], CUBE[n % 6]])
        }
        Color::Indexed(n @ 232..) => {
            let v = 8 + 10 * (n - 232);
            Some([v, v, v])
        }
        _ => None,
    }
}

/// WCAG 2 contrast of two colours: 1 (the same) to 21 (black on white). `None` where a colour is the terminal's own.
pub fn contrast(one: Color, other: Color) -> Option<f64> {
    let (a, b) = (luminance(rgb(one)?), luminance(rgb(other)?));
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// `style` with no more colours than `depth` has.
pub fn reduce(style: Style, depth: Depth) -> Style {
    let mut out = style;
    out.fg = style.fg.map(|it| nearest(it, depth));
    out.bg = style.bg.map(|it| nearest(it, depth));
    if depth == Depth::None {
        // What a ground said has to be said in another way.
        if style.bg.is_some_and(|it| it != Color::Reset) {
            out.add_modifier |= Modifier::REVERSED;
        }
        out.fg = None;
        out.bg = None;
    }
    out
}

fn nearest(color: Color, depth: Depth) -> Color {
    let Some(want) = rgb(color) else { return color };
    match depth {
        Depth::True | Depth::None => color,
        Depth::Indexed256 => Color::Indexed((16..=255).min_by_key(|n| distance(want, rgb(Color::Indexed(*n)))).unwrap_or(7)),
        Depth::Ansi16 => ANSI.iter().min_by_key(|(_, it)| distance(want, Some(*it))).map_or(Color::Reset, |(it, _)| *it),
    }
}

/// Squared, weighted as the eye weighs the three.
fn distance(a: [u8; 3], b: Option<[u8; 3]>) -> i32 {
    let Some(b) = b else { return i32::MAX };
    let [r, g, b] = [0, 1, 2].map(|i| i32::from(a[i]) - i32::from(b[i]));
    2 * r * r + 4 * g * g + 3 * b * b
}
