//! A trail: one request followed through all services. What it is and the way back; how it goes is `trace`.

use super::aside::Aside;

/// What is followed, and where the reader was before.
#[derive(Debug)]
pub struct Trail {
    /// The field the id was found in.
    pub name: String,
    pub id: String,
    pub(super) back: Aside,
}
