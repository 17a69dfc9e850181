//! The themes that come with the program: the files of `themes/`, embedded.

/// Name and text of each, in the order they are offered.
pub const THEMES: &[(&str, &str)] = &[
    ("night", include_str!("../../themes/night.toml")),
    ("day", include_str!("../../themes/day.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("colorblind", include_str!("../../themes/colorblind.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// The text of the theme `name`.
pub fn text(name: &str) -> Option<&'static str> {
    THEMES.iter().find(|(it, _)| *it == name).map(|(_, text)| *text)
}

/// All names, in the order they are offered.
pub fn names() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|(name, _)| *name)
}
