//! Patterns: lines that are alike grouped under what they have in common. Works on what is held and shown, bite by bite.

mod class;
mod compare;
mod drain;
mod like;
mod sides;
mod strip;
mod study;
mod tally;
mod var;
mod words;

pub use compare::{Fresh, fresh};
pub use drain::MOST as MOST_PATTERNS;
pub use sides::{Age, Before, ENOUGH, Release, Since};
pub use tally::{Order, Pattern, Patterns};
pub use var::{Piece, Var, pieces};
pub use words::Words;
