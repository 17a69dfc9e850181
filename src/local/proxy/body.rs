//! Answers on their way to the caller: counted as they pass, and at their end the connection, the replica and the log are told.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::ticket::Ticket;
use super::upstream::{Flight, Line};

/// An answer's body on its way to the caller.
pub enum Reply {
    /// The proxy's own words.
    Text(Option<Bytes>),
    /// A replica's.
    Stream(Box<Streamed>),
}

/// A replica's answer: the rest of its body, and what is due at its end.
pub struct Streamed {
    pub inner: Incoming,
    pub ticket: Ticket,
    pub flight: Flight,
    /// Given back when all has been read.
    pub line: Option<Line>,
}

impl Streamed {
    fn end(&mut self) {
        if let Some(line) = self.line.take() {
            self.flight.0.keep(line);
        }
        self.ticket.end();
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        // hyper lets go of a body of known length without asking for its end.
        if self.inner.is_end_stream() {
            self.end();
        } else if self.line.is_some() {
            self.ticket.note("the caller left before the end");
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let streamed = match &mut *self {
            Self::Text(text) => return Poll::Ready(text.take().map(|it| Ok(Frame::data(it)))),
            Self::Stream(streamed) => streamed,
        };
        let frame = std::task::ready!(Pin::new(&mut streamed.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => streamed.ticket.sent(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(why)) => {
                streamed.line = None;
                streamed.ticket.note(format!("the replica broke off: {why}"));
            }
            None => streamed.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_none(),
            Self::Stream(streamed) => streamed.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Self::Stream(streamed) => streamed.inner.size_hint(),
        }
    }
}
