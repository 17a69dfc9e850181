//! What is remembered of the time as it was told. Data only; how often it is told is `pulse`.

use crate::model::time::Time;

/// What was so when the time was told last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// When that was.
    pub(super) told: Time,
    /// Seconds counted then.
    pub(super) fine: bool,
    /// When something last happened.
    pub(super) lively: Time,
    /// When numbers came last.
    pub(super) fed: Time,
}
