//! The themes: each parses, none stands on itself, text can be read, and states differ even without colour.

use ratatui::style::Style;
use trackside::theme::color::contrast;
use trackside::theme::{Depth, Role, Theme, builtin};

/// Roles that are read as text on the ground, on the cursor's row, or in a dialog.
const TEXT: &[Role] = &[
    Role::Text,
    Role::Dim,
    Role::Strong,
    Role::Accent,
    Role::Title,
    Role::TitleFocus,
    Role::Header,
    Role::Footer,
    Role::Key,
    Role::Ok,
    Role::Busy,
    Role::Warn,
    Role::Bad,
    Role::Off,
    Role::P2,
    Role::P3,
    Role::P4,
    Role::LevelTrace,
    Role::LevelDebug,
    Role::LevelInfo,
    Role::LevelWarn,
    Role::LevelError,
    Role::Field,
    Role::Unknown,
    Role::Marker,
    Role::Danger,
    Role::Service1,
    Role::Service2,
    Role::Service3,
    Role::Service4,
    Role::Service5,
    Role::Service6,
];
const GROUNDS: &[Role] = &[Role::Cursor, Role::CursorDim, Role::Dialog, Role::Toast];
/// Roles with a ground of their own.
const BARS: &[Role] = &[Role::Production, Role::P1, Role::Hit, Role::HitHere, Role::TimeCursor];

#[test]
fn every_theme_that_comes_with_the_program_is_without_fault() {
    for name in builtin::names() {
        let (theme, complaints) = Theme::load(name, |_| None);
        assert_eq!(complaints, [], "{name}");
        assert_eq!(theme.name, name);
    }
}

#[test]
fn text_can_be_read_on_every_ground_it_stands_on() {
    for (name, least) in [("night", 4.5), ("day", 4.5), ("colorblind", 4.5), ("contrast", 7.0)] {
        let theme = Theme::builtin(name);
        let check = |fg: Style, bg: Style, what: &str| {
            let ratio = contrast(fg.fg.unwrap(), bg.bg.unwrap()).unwrap();
            assert!(ratio >= least, "{name}: {what} has {ratio:.2}, {least} is asked for");
        };
        for role in TEXT {
            check(theme.style(*role), theme.ground(), role.name());
            for ground in GROUNDS {
                check(theme.style(*role), theme.style(*ground), &format!("{} on {}", role.name(), ground.name()));
            }
        }
        for role in BARS {
            check(theme.style(*role), theme.style(*role), role.name());
        }
    }
}

#[test]
fn ansi_uses_the_terminals_own_colours_and_mono_uses_none() {
    use ratatui::style::Color;
    for role in Role::ALL {
        let style = Theme::builtin("ansi").style(*role);
        for color in [style.fg, style.bg].into_iter().flatten() {
            assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{}", role.name());
        }
        let style = Theme::builtin("mono").style(*role);
        assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
    }
}

#[test]
fn without_colour_good_and_bad_still_differ() {
    for theme in [Theme::builtin("mono"), Theme::builtin("night").at(Depth::None)] {
        let look = |role| theme.style(role).add_modifier;
        assert_ne!(look(Role::Ok), look(Role::Bad), "{}", theme.name);
        assert_ne!(look(Role::P1), look(Role::P3), "{}", theme.name);
        assert_ne!(look(Role::Cursor), look(Role::Text), "{}", theme.name);
    }
}

#[test]
fn fewer_colours_are_the_nearest_ones() {
    use ratatui::style::Color;
    let theme = Theme::builtin("night");
    for role in Role::ALL {
        let style = theme.at(Depth::Indexed256).style(*role);
        assert!(style.fg.is_none_or(|it| matches!(it, Color::Indexed(_))), "{}", role.name());
        let style = theme.at(Depth::Ansi16).style(*role);
        assert!(style.fg.is_none_or(|it| !matches!(it, Color::Rgb(..) | Color::Indexed(_))), "{}", role.name());
    }
    assert_eq!(trackside::theme::color::reduce(Style::new().fg(Color::Rgb(255, 0, 0)), Depth::Indexed256).fg, Some(Color::Indexed(196)));
}

#[test]
fn all_that_is_wrong_with_a_theme_is_said_with_its_line_and_the_rest_counts() {
    let text = "inherits = \"night\"\n[palette]\nink = \"#12345\"\n[role]\nbadd = \"red\"\nok = \"nosuch\"\nwarn = { fg = \"red\", blink = true }\ndim = \"#ff0000\"\n";
    let (theme, complaints) = Theme::load("mine", |name| (name == "mine").then(|| text.to_owned()));
    let lines: Vec<usize> = complaints.iter().map(|it| it.line).collect();
    assert_eq!(lines, [3, 5, 7, 6], "{complaints:?}");
    assert!(complaints[1].text.contains("did you mean `bad`"), "{}", complaints[1]);
    assert_eq!(theme.style(Role::Dim).fg, Some(ratatui::style::Color::Rgb(255, 0, 0)));
    assert_eq!(theme.style(Role::Accent), Theme::builtin("night").style(Role::Accent));
}

#[test]
fn a_theme_that_stands_on_itself_is_said_and_ends() {
    let (_, complaints) = Theme::load("a", |name| match name {
        "a" => Some("inherits = \"b\"".to_owned()),
        "b" => Some("inherits = \"a\"".to_owned()),
        _ => None,
    });
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].text.contains("inherits itself"), "{}", complaints[0]);
    let (theme, complaints) = Theme::load("nosuch", |_| None);
    assert!(complaints[0].text.contains("there is no theme"));
    assert_eq!(theme.style(Role::Text), Style::new());
    let own = |name: &str| (name == "night").then(|| "inherits = \"night\"\n[role]\nok = \"#00ff00\"".to_owned());
    assert_eq!(Theme::load("night", own).1, [], "one's own file may stand on ours of the same name");
}

#[test]
fn a_role_that_a_theme_leaves_out_looks_like_its_parent() {
    let (theme, _) = Theme::load("x", |name| (name == "x").then(|| "[role]\ntext = \"1\"\naccent = \"2\"".to_owned()));
    assert_eq!(theme.style(Role::TitleFocus), theme.style(Role::Accent));
    assert_eq!(theme.style(Role::P4), theme.style(Role::Text));
    for role in Role::ALL {
        let mut at = *role;
        for _ in 0..Role::ALL.len() {
            at = at.parent();
        }
        assert_eq!(at, Role::Text, "{} never comes to text", role.name());
    }
}
