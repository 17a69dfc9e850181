//! The colours that programs give their lines, as roles: a theme stays a theme, and nothing becomes unreadable. A ground is the role's
//! colour turned round, so that it is as readable as the role.

use ratatui::style::{Modifier, Style};

use crate::app::logs::{Ink, Sgr};
use crate::theme::Role;

use super::super::cx::Cx;

/// Difference between the strongest and the weakest of the three colours up to which it is a grey.
const GREY: u8 = 40;
/// A grey that is neither so dark nor so light is meant to step back.
const MIDDLE: std::ops::Range<u8> = 40..170;
/// The steps of one colour in the cube of 6x6x6 (xterm).
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// How a stretch of a line looks that the program coloured `sgr`; `base`: the line's other text.
pub fn style(cx: &Cx<'_>, sgr: &Sgr, base: Role) -> Style {
    let (role, turned) = look(sgr, base);
    let mut style = cx.style(role);
    for (on, modifier) in [
        (turned, Modifier::REVERSED),
        (sgr.bold, Modifier::BOLD),
        (sgr.italic, Modifier::ITALIC),
        (sgr.underline, Modifier::UNDERLINED),
        (sgr.strike, Modifier::CROSSED_OUT),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// The role, and whether text and ground change places.
fn look(sgr: &Sgr, base: Role) -> (Role, bool) {
    let text = || {
        let dim = if sgr.dim { Role::Dim } else { base };
        sgr.fg.map_or(dim, |ink| role(ink).unwrap_or(dim))
    };
    match sgr.bg {
        // Black and the darkest greys are what is there anyway.
        Some(ink) if role(ink).is_some_and(|it| it != Role::Dim) || is_light(ink) => (role(ink).unwrap_or(base), !sgr.reverse),
        _ => (text(), sgr.reverse),
    }
}

/// What comes nearest to a colour; `None`: black, white, and what is almost one.
fn role(ink: Ink) -> Option<Role> {
    match ink {
        Ink::Index(1 | 9) => Some(Role::Bad),
        Ink::Index(2 | 10) => Some(Role::Ok),
        Ink::Index(3 | 11) => Some(Role::Warn),
        Ink::Index(4 | 12) => Some(Role::Service1),
        Ink::Index(5 | 13) => Some(Role::Service2),
        Ink::Index(6 | 14) => Some(Role::Busy),
        Ink::Index(8) => Some(Role::Dim),
        Ink::Index(..16) => None,
        ink => by_hue(rgb(ink)),
    }
}

fn is_light(ink: Ink) -> bool {
    match ink {
        Ink::Index(n @ ..16) => matches!(n, 7 | 15),
        ink => rgb(ink).iter().all(|it| *it >= MIDDLE.end),
    }
}

/// What a terminal paints for an index from 16 on.
fn rgb(ink: Ink) -> [u8; 3] {
    match ink {
        Ink::Rgb(r, g, b) => [r, g, b],
        Ink::Index(n @ 16..=231) => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(|step| CUBE[usize::from(step)]),
        Ink::Index(n) => [n.saturating_sub(232).saturating_mul(10).saturating_add(8); 3],
    }
}

fn by_hue([r, g, b]: [u8; 3]) -> Option<Role> {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most - least < GREY {
        return MIDDLE.contains(&most).then_some(Role::Dim);
    }
    let span = f64::from(most - least);
    let part = |x: u8, y: u8| (f64::from(x) - f64::from(y)) / span;
    let sixth = if most == r {
        part(g, b).rem_euclid(6.0)
    } else if most == g {
        part(b, r) + 2.0
    } else {
        part(r, g) + 4.0
    };
    Some(match sixth * 60.0 {
        ..18.0 => Role::Bad,
        ..75.0 => Role::Warn,
        ..165.0 => Role::Ok,
        ..200.0 => Role::Busy,
        ..262.0 => Role::Service1,
        ..335.0 => Role::Service2,
        _ => Role::Bad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_a_program_may_ask_for_is_the_role_nearest_to_it() {
        for (ink, wanted) in [
            (Ink::Index(9), Some(Role::Bad)),
            (Ink::Index(15), None),
            (Ink::Index(196), Some(Role::Bad)),
            (Ink::Index(208), Some(Role::Warn)),
            (Ink::Index(226), Some(Role::Warn)),
            (Ink::Index(46), Some(Role::Ok)),
            (Ink::Index(51), Some(Role::Busy)),
            (Ink::Index(33), Some(Role::Service1)),
            (Ink::Index(201), Some(Role::Service2)),
            (Ink::Index(16), None),
            (Ink::Index(231), None),
            (Ink::Index(244), Some(Role::Dim)),
            (Ink::Index(255), None),
            (Ink::Rgb(120, 200, 255), Some(Role::Service1)),
            (Ink::Rgb(255, 105, 180), Some(Role::Service2)),
            (Ink::Rgb(12, 12, 12), None),
        ] {
            assert_eq!(role(ink), wanted, "{ink:?}");
        }
        // None of all 256 is out of bounds, and all but black, white and near ones are told apart from the text.
        assert!((0..=255).filter(|n| role(Ink::Index(*n)).is_none()).count() < 30);
    }

    #[test]
    fn a_ground_is_its_role_turned_round() {
        let plain = Sgr::default();
        let (red, white) = (Some(Ink::Index(1)), Some(Ink::Index(15)));
        for (sgr, wanted) in [
            (plain, (Role::Text, false)),
            (Sgr { dim: true, ..plain }, (Role::Dim, false)),
            (Sgr { reverse: true, ..plain }, (Role::Text, true)),
            (Sgr { fg: red, reverse: true, ..plain }, (Role::Bad, true)),
            (Sgr { fg: white, bg: red, ..plain }, (Role::Bad, true)),
            (Sgr { fg: white, bg: red, reverse: true, ..plain }, (Role::Bad, false)),
            (Sgr { fg: red, bg: Some(Ink::Index(0)), ..plain }, (Role::Bad, false)),
            (Sgr { fg: red, bg: Some(Ink::Index(236)), ..plain }, (Role::Bad, false)),
            (Sgr { fg: Some(Ink::Index(0)), bg: white, ..plain }, (Role::Text, true)),
        ] {
            assert_eq!(look(&sgr, Role::Text), wanted, "{sgr:?}");
        }
    }
}
