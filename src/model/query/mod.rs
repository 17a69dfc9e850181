//! The query language: one for the dashboard's filters, the command line and the platform. Pure: `now` is given to it.
//!
//! ```text
//! query := any                             nothing at all: every line
//! any   := all { "OR" all }
//! all   := one { ["AND"] one }             words side by side are joined by AND
//! one   := "-" one | "NOT" one | "(" any ")" | test
//! test  := word | "phrase" | /regex/ | key ":" value | "@" field ":" value
//! ```
//!
//! - **Text** is looked for anywhere in the line. Case counts only where an upper case letter was typed, here as in names and values.
//! - `AND`, `OR`, `NOT` are operators in upper case only, as in GitHub's search; in lower case they are words.
//! - A **word** goes up to a space, or to a `)` whose `(` is not in the word: `call(x)` is one word. A word before a colon that is no
//!   key is text like any other (`http://x`), unless it is most likely a misspelt key. `--flag` is a word, `-flag` its absence.
//! - A **regex** begins with `/` and ends at the first `/` before a space, a `)` or the end, so `/api/v1` is a word. It never
//!   matches across lines.
//! - **Keys**: `level`, `replica` (compared), `service` (name or id, `*` for anything), `deploy` (id, or the beginning of the commit),
//!   `kind`, `after` (then or later; also `since`) and `before` (earlier; also `until`).
//! - **Fields** of JSON and logfmt lines: `@a.b` is a field of that name or `b` inside of `a`; in lists, any element will do. A bare
//!   value is compared whole, with `*` for anything, and numbers by what they are worth; a quoted one as text only.
//! - **Numbers** may have a unit. A side without one has that of the field's name (`took_ms`), else that of the other side.
//! - **Times** are fixed when the query is read. `14:05` is the last time the wall clock said so.
//! - A **backslash** takes the sign after it as it is, in words, values and phrases.
//!
//! A query prints as text that reads back as the same query; that text names no wall clock, and is what travels.

mod ast;
mod eval;
mod field;
mod glob;
mod grammar;
mod lex;
mod matcher;
mod mistake;
mod parse;
mod print;
mod term;
mod value;
mod when;

pub use ast::{Query, Test};
pub use eval::{PLATFORM, Record, Whose};
pub use field::{FieldTest, Want};
pub use glob::Glob;
pub use grammar::GRAMMAR;
pub use matcher::Matcher;
pub use mistake::Mistake;
pub use value::{Compare, Quantity};
pub use when::{Clock, EXPECTED as TIMES, instant, span};
