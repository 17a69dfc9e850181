//! How long this side waits for what. One table, so that a test can run a day of trouble in a second.

use std::time::Duration;

use crate::model::time::Millis;

/// The waits of a source. The defaults are the delivery contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// From then until the first byte of an answer.
    pub first_byte: Duration,
    /// Between two pieces of an answer: shorter than a person's patience, longer than a lost packet or two.
    pub between: Duration,
    /// Until an answer is complete, whatever it trickles.
    pub whole: Duration,
    /// Silence on the stream after which we ask whether anybody is there: one heartbeat and a third.
    pub ping: Millis,
    /// Silence after which what is shown counts as stale: two heartbeats.
    pub stale: Millis,
    /// Silence after which the peer is taken for dead: three heartbeats.
    pub dead: Millis,
    /// Until the server must have introduced itself.
    pub hello: Millis,
    /// Between polls while the stream is refused.
    pub poll: Duration,
    /// Between attempts at the stream while polling, at most.
    pub stream_again: Duration,
    /// Between comparisons of what we hold with what the platform holds.
    pub check: Duration,
    /// Between attempts at a source whose certificate is not accepted: only a person mends that.
    pub refused: Duration,
    /// How often the clocks are looked at. A machine that woke up is noticed within this.
    pub tick: Duration,
    /// Before a write whose answer was lost is sent again.
    pub resend: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(10),
            between: Duration::from_secs(15),
            whole: Duration::from_mins(1),
            ping: Millis::secs(20),
            stale: Millis::secs(30),
            dead: Millis::secs(45),
            hello: Millis::secs(10),
            poll: Duration::from_secs(5),
            stream_again: Duration::from_mins(1),
            check: Duration::from_mins(10),
            refused: Duration::from_mins(5),
            tick: Duration::from_secs(2),
            resend: Duration::from_millis(300),
        }
    }
}
