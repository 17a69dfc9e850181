//! Cells to bytes: whatever frames follow each other, a terminal shows the last one, and it took few bytes.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use trackside::runtime::encode::Encoder;

const WIDTH: u16 = 34;
const HEIGHT: u16 = 9;

/// What a cell may be given in a test: text, colours, attributes.
type Stroke = (u16, u16, String, Option<u8>, Option<u8>, u8);

fn stroke() -> impl Strategy<Value = Stroke> {
    let text = prop_oneof!["[a-c ]{1,6}", "[─│✓ ]{1,4}", "[漢字a ]{1,3}", "[ ]{6,24}"];
    (0..WIDTH, 0..HEIGHT, text, prop::option::of(0u8..4), prop::option::of(0u8..3), 0u8..16)
}

fn paint(frame: &mut Buffer, (x, y, text, fg, bg, attributes): &Stroke) {
    let mut style = Style::new();
    if let Some(n) = fg {
        style = style.fg([Color::Red, Color::Indexed(99), Color::Rgb(1, 2, 3), Color::LightBlue][usize::from(*n)]);
    }
    if let Some(n) = bg {
        style = style.bg([Color::Green, Color::Rgb(9, 9, 9), Color::Reset][usize::from(*n)]);
    }
    for (bit, attribute) in [(2, Modifier::UNDERLINED), (4, Modifier::REVERSED)] {
        if attributes & bit != 0 {
            style = style.add_modifier(attribute);
        }
    }
    // Never both: the terminal of this test knows bold and dim as one thing with three states.
    style = match attributes & 9 {
        1 => style.add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM),
        8 => style.add_modifier(Modifier::DIM).remove_modifier(Modifier::BOLD),
        _ => style,
    };
    frame.set_string(*x, *y, text, style);
}

/// Rows that move: the first and the last of them, how far, and whether upwards.
type Roll = (u16, u16, u16, bool);

/// What happens to a frame in a test.
#[derive(Clone, Debug)]
enum Step {
    Paint(Vec<Stroke>),
    /// Rows move, as a log does, and then something is painted over them.
    Roll(Roll, Vec<Stroke>),
}

fn step() -> impl Strategy<Value = Step> {
    let strokes = || prop::collection::vec(stroke(), 0..5);
    let roll = (0..HEIGHT, 0..HEIGHT, 1..HEIGHT, any::<bool>());
    prop_oneof![strokes().prop_map(Step::Paint), (roll, strokes()).prop_map(|(roll, strokes)| Step::Roll(roll, strokes))]
}

/// Moves whole rows; those that come in say which they are.
fn roll(frame: &mut Buffer, (a, b, by, up): Roll) {
    let (top, bottom) = (a.min(b), a.max(b));
    let old = frame.clone();
    for y in top..=bottom {
        let from = if up { y.checked_add(by) } else { y.checked_sub(by) };
        let from = from.filter(|it| (top..=bottom).contains(it));
        for x in 0..WIDTH {
            frame[(x, y)] = from.map_or_else(ratatui::buffer::Cell::default, |from| old[(x, from)].clone());
        }
        if from.is_none() {
            frame.set_string(0, y, format!("new {top} {y} {by}"), Style::new().fg(Color::Red));
        }
    }
}

/// How a cell looks: text, ink, ground, attributes. The ink of a blank does not show.
type Look = (String, vt100::Color, vt100::Color, [bool; 4]);

fn looks(screen: &vt100::Screen) -> Vec<Look> {
    let all = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    all.filter_map(|(x, y)| {
        let cell = screen.cell(y, x)?;
        if cell.is_wide_continuation() {
            return None;
        }
        let text = if cell.contents().is_empty() { " ".to_owned() } else { cell.contents().to_owned() };
        let shows_ink = text != " " || cell.underline() || cell.inverse();
        let (fg, attributes) = if shows_ink {
            (cell.fgcolor(), [cell.bold(), cell.dim(), cell.underline(), cell.inverse()])
        } else {
            (vt100::Color::Default, [false; 4])
        };
        Some((text, fg, cell.bgcolor(), attributes))
    })
    .collect()
}

/// The same frame, painted by the plainest means there are.
fn plainly(frame: &Buffer) -> Vec<Look> {
    let mut bytes = Vec::new();
    let mut backend = ratatui::backend::CrosstermBackend::new(&mut bytes);
    let mut cells = Vec::new();
    let mut skip = 0;
    for (i, cell) in frame.content.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        cells.push(((i as u16) % WIDTH, (i as u16) / WIDTH, cell));
    }
    crossterm::style::force_color_output(true);
    ratatui::backend::Backend::draw(&mut backend, cells.into_iter()).unwrap();
    let mut parser = vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0);
    parser.process(&bytes);
    looks(parser.screen())
}

proptest! {
    #[test]
    fn any_row_of_frames_ends_with_the_last_one_on_the_screen(story in prop::collection::vec(step(), 1..8), tinted: bool) {
        let mut encoder = Encoder::new(tinted);
        let mut parser = vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0);
        let mut frame = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for y in 0..HEIGHT {
            let row: String = (0..WIDTH).map(|x| char::from(b'a' + ((y * 7 + x * 3 + x * y) % 26) as u8)).collect();
            frame.set_string(0, y, row, Style::new());
        }
        for step in story {
            let strokes = match step {
                Step::Paint(strokes) => strokes,
                Step::Roll(rows, strokes) => {
                    roll(&mut frame, rows);
                    strokes
                }
            };
            for it in &strokes {
                paint(&mut frame, it);
            }
            let mut bytes = Vec::new();
            encoder.frame(&frame, &mut bytes);
            parser.process(&bytes);
            prop_assert_eq!(looks(parser.screen()), plainly(&frame), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn no_control_character_leaves_through_a_cell(text in ".{1,6}", control in prop::char::range('\0', '\u{1f}')) {
        let mut frame = Buffer::empty(Rect::new(0, 0, 4, 1));
        frame.content[1].set_symbol(&format!("{text}{control}\x1b]52;c;AAAA\x07"));
        frame.content[2].set_symbol("\u{9b}31m");
        let mut bytes = Vec::new();
        Encoder::new(true).frame(&frame, &mut bytes);
        let shown = String::from_utf8(bytes).unwrap();
        let ours = ["\x1b[?2026h", "\x1b[?2026l", "\x1b[m", "\x1b[H", "\x1b[2J", "\x1b[C", "\x1b[1;2H", "\x1b[1;3H", "\x1b[1;4H"];
        let rest = ours.iter().fold(shown, |text, it| text.replace(it, ""));
        prop_assert!(!rest.chars().any(char::is_control), "{:?}", rest);
    }
}

#[test]
fn a_frame_that_is_on_the_screen_already_costs_no_byte() {
    let mut frame = Buffer::empty(Rect::new(0, 0, 40, 10));
    frame.set_string(3, 3, "as it was", Style::new().fg(Color::Red));
    let mut encoder = Encoder::new(true);
    let mut first = Vec::new();
    encoder.frame(&frame, &mut first);
    assert!(first.starts_with(b"\x1b[?2026h") && first.ends_with(b"\x1b[?2026l"));
    let mut second = Vec::new();
    encoder.frame(&frame, &mut second);
    assert_eq!(second, b"");
}

#[test]
fn one_changed_cell_costs_a_jump_and_a_letter() {
    let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
    frame.set_string(0, 5, "age 41s", Style::new());
    let mut encoder = Encoder::new(true);
    encoder.frame(&frame, &mut Vec::new());
    frame.set_string(0, 5, "age 42s", Style::new());
    let mut bytes = Vec::new();
    encoder.frame(&frame, &mut bytes);
    assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b[?2026h\x1b[6;6H2\x1b[?2026l");
}

/// A pane over the whole width: a frame, a bar at its right side that says where one is, and lines of a log, the first of them number `from`.
fn pane(from: u16) -> Buffer {
    let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
    frame.set_string(0, 0, "╭ Logs".to_owned() + &"─".repeat(113) + "╮", Style::new());
    for y in 1..39 {
        let line = u32::from(from + y);
        frame.set_string(0, y, "│", Style::new());
        frame.set_string(119, y, if y == from % 38 { "┃" } else { "│" }, Style::new());
        frame.set_string(2, y, format!("14:22:{line:02} web  INFO request {} took {} ms", line * 7919, line * 31), Style::new());
        frame.set_string(70, y, format!("path=/orders/{line}"), Style::new().fg(Color::Rgb(1, 2, 3)));
    }
    frame.set_string(0, 39, "j down", Style::new());
    frame
}

#[test]
fn a_pane_that_scrolls_by_a_line_or_a_page_costs_the_new_lines_and_little_more() {
    for (from, to) in [(0, 1), (7, 6), (3, 13), (40, 22)] {
        let mut encoder = Encoder::new(true);
        let mut bytes = Vec::new();
        encoder.frame(&pane(from), &mut bytes);
        let whole = bytes.len();
        let mut parser = vt100::Parser::new(40u16.try_into().unwrap(), 120u16.try_into().unwrap(), 0);
        parser.process(&bytes);
        bytes.clear();
        encoder.frame(&pane(to), &mut bytes);
        parser.process(&bytes);
        let new = usize::from(from.abs_diff(to));
        assert!(bytes.len() < 120 + 120 * new && bytes.len() < whole, "{} bytes for {new} lines of {whole}", bytes.len());
        let mut other = vt100::Parser::new(40u16.try_into().unwrap(), 120u16.try_into().unwrap(), 0);
        let mut plain = Vec::new();
        Encoder::new(true).frame(&pane(to), &mut plain);
        other.process(&plain);
        assert_eq!(parser.screen().contents(), other.screen().contents());
    }
}

/// A pane of a log as it is drawn: a frame, a time, a name, a level and a text in four colours, on a background of the theme's own.
fn log(from: usize, cursor: Option<u16>) -> Buffer {
    let ink = |r, g, b| Style::new().fg(Color::Rgb(r, g, b));
    let (border, dim, text, bad) = (ink(130, 177, 255), ink(145, 156, 174), ink(200, 208, 220), ink(251, 131, 135));
    let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
    frame.set_style(frame.area, Style::new().bg(Color::Rgb(13, 17, 24)));
    for y in 0..39_u16 {
        let n = from + usize::from(y);
        if cursor == Some(y) {
            frame.set_style(Rect::new(1, y, 118, 1), Style::new().bg(Color::Rgb(32, 48, 74)));
        }
        frame.set_string(0, y, "│", border);
        frame.set_string(119, y, "│", border);
        frame.set_string(2, y, format!("11:46:45.{:03}", n % 1000), dim);
        frame.set_string(15, y, "feed.1", ink(194, 168, 255));
        frame.set_string(22, y, if n.is_multiple_of(7) { "ERROR" } else { "INFO " }, if n.is_multiple_of(7) { bad } else { dim });
        frame.set_string(
            28,
            y,
            format!("request {:08x} completed after {} ms with {} bytes", n * 2_654_435_761 % 0xffff_ffff, n * 31 % 977, n * 7919),
            text,
        );
        frame.set_string(90, y, format!("service=web n={n}"), dim);
        frame.set_string(118, y, "…", dim);
    }
    frame
}

/// The bytes from one frame to another.
fn bytes(from: &Buffer, to: &Buffer) -> usize {
    let mut encoder = Encoder::new(true);
    let mut bytes = Vec::new();
    encoder.frame(from, &mut bytes);
    bytes.clear();
    encoder.frame(to, &mut bytes);
    bytes.len()
}

#[test]
fn a_colour_is_sent_once_for_all_that_has_it_wherever_it_stands() {
    // All of the rows are new: four colours for each of them would be three thousand bytes of colours alone.
    let (first, second) = (log(0, None), log(1000, None));
    let text: usize = second.content.iter().filter(|it| it.symbol() != " ").map(|it| it.symbol().len()).sum();
    let bytes = bytes(&first, &second);
    assert!(bytes < text + 39 * 20, "{bytes} bytes for {text} of text");
}

#[test]
fn a_line_that_comes_into_a_log_costs_less_than_three_hundred_bytes_and_a_cursor_that_stays_a_hundred_more() {
    let follows = bytes(&log(0, None), &log(1, None));
    let scrolls = bytes(&log(1, Some(0)), &log(0, Some(0)));
    assert!(follows < 300 && scrolls < 400, "{follows} and {scrolls} bytes");
}
