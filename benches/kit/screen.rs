//! What the benches of the screen share: the tests' own platform, and a frame of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shares its fixture with the tests, whose helpers may stop at the first surprise"
)]

#[path = "../../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the screen tests use all of it")]
pub mod fixture;

use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use trackside::app::state::App;
use trackside::theme::Theme;
use trackside::ui::view;

/// Times a whole frame.
pub fn draw(bencher: Bencher<'_, '_>, app: &App) {
    let theme = Theme::builtin("night");
    let mut buf = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    bencher.bench_local(|| {
        buf.reset();
        view(divan::black_box(app), &theme, &mut buf);
    });
}
