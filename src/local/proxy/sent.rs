//! A request's body on its way to a replica, counted as it passes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::counts::Counts;

/// A request's body on its way to a replica.
pub struct Sent {
    /// `None`: there is none.
    inner: Option<Incoming>,
    counts: Arc<Counts>,
}

impl Sent {
    pub const fn new(inner: Incoming, counts: Arc<Counts>) -> Self {
        Self { inner: Some(inner), counts }
    }

    pub const fn none(counts: Arc<Counts>) -> Self {
        Self { inner: None, counts }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.counts.bytes_in(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
