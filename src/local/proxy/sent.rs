//! A request's body on its way to a replica, counted as it passes, and when it last moved.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::counts::Counts;

/// When something of a request last went to its replica. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Moved(Arc<Mutex<Instant>>);

impl Moved {
    pub fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Returns once nothing has moved for `most`.
    pub async fn still(&self, most: Duration) {
        loop {
            let since = self.last().elapsed();
            let Some(rest) = most.checked_sub(since).filter(|it| !it.is_zero()) else { return };
            tokio::time::sleep(rest).await;
        }
    }

    fn moves(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's body on its way to a replica.
pub struct Sent {
    /// `None`: there is none.
    inner: Option<Incoming>,
    counts: Arc<Counts>,
    moved: Moved,
}

impl Sent {
    pub const fn new(inner: Incoming, counts: Arc<Counts>, moved: Moved) -> Self {
        Self { inner: Some(inner), counts, moved }
    }

    pub const fn none(counts: Arc<Counts>, moved: Moved) -> Self {
        Self { inner: None, counts, moved }
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
        // Its end counts too: only from then on is it the replica that lets one wait.
        self.moved.moves();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
