//! Tasks without which the platform is of no use: should one end before the platform is stopped, whoever runs it is told.

use std::future::Future;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

/// Starts such tasks and knows of the first that ended. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vital {
    stop: CancellationToken,
    broken: watch::Sender<Option<String>>,
}

impl Vital {
    /// None yet. After `stop` they may end as they like.
    pub fn new(stop: CancellationToken) -> Self {
        Self { stop, broken: watch::Sender::new(None) }
    }

    /// Starts a task that is to run until the platform stops. Its error says why it cannot.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = Result<(), String>> + Send + 'static) -> JoinHandle<()> {
        let (it, running) = (self.clone(), tokio::spawn(task));
        tokio::spawn(async move {
            let ended = running.await;
            if it.stop.is_cancelled() {
                return;
            }
            let why = match ended {
                Ok(Ok(())) => "it ended without being asked to".to_owned(),
                Ok(Err(why)) => why,
                Err(error) => panicked(error),
            };
            tracing::error!(name, %why, "a vital part of the platform ended");
            it.broken.send_if_modified(|first| {
                // The first is the cause; others may follow from it.
                let mine = first.is_none();
                first.get_or_insert_with(|| format!("{name} failed: {why}"));
                mine
            });
        })
    }

    /// Waits until one has ended although the platform was not stopped, and says which and why.
    pub async fn broken(&self) -> String {
        let mut seen = self.broken.subscribe();
        // The sender lives in `self`, so there is always somebody who may yet tell.
        let told = seen.wait_for(Option::is_some).await.ok().and_then(|it| it.clone());
        told.unwrap_or_default()
    }
}

fn panicked(error: JoinError) -> String {
    let Ok(payload) = error.try_into_panic() else { return "it was cut off".to_owned() };
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("no message"))
}
