//! A frame as text, as roles, and as a picture: `TRACKSIDE_SHOTS=folder` writes each frame as ANSI, to be looked at.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use trackside::app::state::App;
use trackside::theme::{Role, Theme};
use trackside::ui::view;

/// Draws `app` with `theme` at the size it has.
pub fn frame(app: &App, theme: &Theme) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    view(app, theme, &mut buf);
    buf
}

/// The signs, a line a row.
pub fn text(buf: &Buffer) -> String {
    rows(buf, |cell| cell.symbol().to_owned())
}

/// One letter for the role of each cell that is not blank; the legend says which.
pub fn roles(app: &App) -> String {
    let theme = Theme::from_fn("roles", Style::new(), |role| Style::new().fg(Color::Indexed(role as u8)));
    let buf = frame(app, &theme);
    let out = rows(&buf, |cell| match cell.fg {
        Color::Indexed(_) if cell.symbol() == " " => " ".to_owned(),
        Color::Indexed(n) => letter(n).to_string(),
        _ => " ".to_owned(),
    });
    let used = |role: &&Role| buf.content.iter().any(|cell| cell.fg == Color::Indexed(**role as u8) && cell.symbol() != " ");
    let legend: Vec<String> = Role::ALL.iter().filter(used).map(|role| format!("{} {}", letter(*role as u8), role.name())).collect();
    format!("{out}\n{}", legend.join(", "))
}

fn letter(n: u8) -> char {
    let all = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char::from(all[usize::from(n) % all.len()])
}

fn rows(buf: &Buffer, show: impl Fn(&Cell) -> String) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let mut row = String::new();
        let mut skip = 0;
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            // The cells under a wide sign are not shown.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            row.push_str(&show(cell));
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

/// Writes `buf` as ANSI into the folder that `TRACKSIDE_SHOTS` names, if it does.
pub fn shot(name: &str, buf: &Buffer) {
    let Ok(folder) = std::env::var("TRACKSIDE_SHOTS") else { return };
    let mut out = String::from("\x1b[?25l\x1b[2J\x1b[H");
    for y in 0..buf.area.height {
        let _ = write!(out, "\x1b[{};1H", y + 1);
        let mut skip = 0;
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            out.push_str("\x1b[0");
            for (modifier, code) in
                [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::ITALIC, 3), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)]
            {
                if cell.modifier.contains(modifier) {
                    let _ = write!(out, ";{code}");
                }
            }
            color(&mut out, cell.fg, 38, 30);
            color(&mut out, cell.bg, 48, 40);
            out.push('m');
            out.push_str(cell.symbol());
        }
    }
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(format!("{folder}/{name}-{}x{}.ansi", buf.area.width, buf.area.height), out).unwrap();
}

fn color(out: &mut String, color: Color, wide: u8, base: u8) {
    let named = [Color::Black, Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan, Color::Gray];
    match color {
        Color::Rgb(r, g, b) => drop(write!(out, ";{wide};2;{r};{g};{b}")),
        Color::Indexed(n) => drop(write!(out, ";{wide};5;{n}")),
        other => {
            if let Some(n) = named.iter().position(|it| *it == other) {
                let _ = write!(out, ";{}", usize::from(base) + n);
            }
        }
    }
}
