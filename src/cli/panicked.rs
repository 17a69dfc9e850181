//! What a panic says: a few clean lines on stderr and in the log, instead of whatever a platform's text put into its message.

use std::backtrace::{Backtrace, BacktraceStatus};

use super::out::Out;
use crate::model::text::Clean;
use crate::platform::token::secrets::mask;

/// Has every panic from now on say so in this way.
pub fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let trace = Backtrace::capture();
        let trace = if trace.status() == BacktraceStatus::Captured { trace.to_string() } else { String::new() };
        let text = report(info.payload_as_str().unwrap_or("no message"), &place, &trace);
        tracing::error!("{text}");
        Out::new(false).note(&text);
    }));
}

fn report(what: &str, place: &str, trace: &str) -> Clean {
    let text = format!("trackside failed, which is a mistake in it: {what}\n  at {place}\n{trace}");
    Clean::paragraph(mask(&text).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::samples;

    #[test]
    fn no_string_of_the_corpus_gets_into_a_report_as_it_is() {
        samples::each(|hostile| {
            let text = report(&String::from_utf8_lossy(hostile), "src/x.rs:1:1", "");
            assert!(text.contains("src/x.rs:1:1") || hostile.len() > 10_000, "{text:?}");
            assert_eq!(samples::odd(&text), None, "{text:?}");
        });
    }
}
