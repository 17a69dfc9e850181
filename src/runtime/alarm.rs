//! How the loop waits: on its own thread, for whoever wakes it and for the moments it asked for, to the microsecond.
//!
//! Not with tokio's clock, whose wheel turns in milliseconds, and wakes once more on the way to each moment that is further off than 64 of them;
//! and with the clock of the workers each tick would wake one of those, only to wake the loop.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::Handle;
use tokio::time::Instant;

/// The earliest moment that is waited for. Its copies are the same one.
#[derive(Clone, Debug, Default)]
pub struct Alarm(Arc<Mutex<Option<Instant>>>);

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl Alarm {
    /// Runs `it` to its end on this thread, which sleeps while there is nothing to do. What it begins in the background begins on `workers`.
    pub fn run<F: Future>(&self, workers: &Handle, it: F) -> F::Output {
        let _workers = workers.enter();
        let mut it = pin!(it);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            // Set anew by whoever still waits for it.
            *self.earliest() = None;
            if let Poll::Ready(output) = it.as_mut().poll(&mut cx) {
                return output;
            }
            let next = *self.earliest();
            match next {
                None => thread::park(),
                Some(at) => thread::park_timeout(at.saturating_duration_since(Instant::now())),
            }
        }
    }

    /// Waits for a moment, within [`Self::run`].
    pub async fn wait(&self, until: Instant) {
        poll_fn(|_| {
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            let mut earliest = self.earliest();
            *earliest = Some(earliest.map_or(until, |it| it.min(until)));
            Poll::Pending
        })
        .await;
    }

    fn earliest(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::mpsc;

    use super::*;

    fn workers() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn the_earliest_of_several_moments_ends_the_wait_and_one_that_nobody_waits_for_any_more_does_not() {
        let (alarm, workers) = (Alarm::default(), workers());
        let began = Instant::now();
        let (soon, late) = (began + Duration::from_millis(5), began + Duration::from_hours(1));
        let first = alarm.run(workers.handle(), async {
            tokio::select! {
                biased;
                () = alarm.wait(late) => "late",
                () = alarm.wait(soon) => "soon",
            }
        });
        assert_eq!((first, Instant::now() >= soon), ("soon", true));
        let end = Instant::now() + Duration::from_millis(5);
        alarm.run(workers.handle(), alarm.wait(end));
        assert!(Instant::now() >= end, "the other moments are forgotten");
    }

    #[test]
    fn what_another_thread_sends_ends_the_wait_before_its_moment() {
        let (alarm, workers) = (Alarm::default(), workers());
        let (out, mut lane) = mpsc::channel(1);
        let sender = thread::spawn(move || out.blocking_send(7));
        let came = alarm.run(workers.handle(), async {
            tokio::select! {
                () = alarm.wait(Instant::now() + Duration::from_hours(1)) => None,
                it = lane.recv() => it,
            }
        });
        assert_eq!(came, Some(7));
        assert!(sender.join().is_ok_and(|it| it.is_ok()));
    }
}
