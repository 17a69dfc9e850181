//! The source: owns the connection for ever. Connects, follows, backs off, falls back to polling, and says how it stands.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::asks::{Wishes, answer_all};
use super::client::Client;
use super::line::{Line, Next, now};
use super::polling::Polling;
use super::session::Session;
use super::turn::Ending;
use crate::model::event::Event;
use crate::model::link::Link;
use crate::model::log::LogFilter;
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::platform::clock::Clocks;
use crate::platform::endpoint::Endpoint;
use crate::platform::patience::Patience;
use crate::platform::port::{Ask, Running, Source};
use crate::platform::retry::Backoff;
use crate::platform::sink::Sink;

/// Connections on which nobody ever introduced themselves before we ask by REST instead.
const MOST_MUTE: u32 = 2;

/// A platform that speaks `trackside.v1`.
#[derive(Debug)]
pub struct Trackside {
    client: Client,
    patience: Patience,
}

impl Trackside {
    /// The platform at `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self::patient(endpoint, Patience::default())
    }

    /// The same with waits of one's own.
    pub fn patient(endpoint: Endpoint, patience: Patience) -> Self {
        Self { client: Client::patient(endpoint, patience), patience }
    }
}

impl Source for Trackside {
    fn run(self: Box<Self>, asks: mpsc::Receiver<Ask>, out: Sink) -> Running {
        let (filter, wanted) = watch::channel(LogFilter::default());
        let wishes = Wishes { filter, refresh: Arc::new(Notify::new()) };
        let line = Line {
            client: self.client.clone(),
            patience: self.patience,
            session: Session::new(self.patience),
            backoff: Backoff::default(),
            wanted,
            refresh: Arc::clone(&wishes.refresh),
            mutes: 0,
            noise: 0,
            down: None,
            out: out.clone(),
        };
        Box::pin(async move {
            tokio::select! {
                () = answer_all(self.client, asks, wishes, out) => {}
                () = line.run() => {}
            }
        })
    }
}

impl Line {
    async fn run(mut self) {
        let mut next = Next::Now;
        loop {
            next = match next {
                Next::Now => self.connect().await,
                Next::Stream(socket) => {
                    let ending = self.stream(*socket).await;
                    self.after(ending).await
                }
                Next::Wait { why, after } => self.wait(why, after).await,
                Next::Poll(why) => Polling::new().run(&mut self, why).await,
                Next::Refused { why, recheck } => self.refused(why, recheck).await,
            };
        }
    }

    async fn connect(&mut self) -> Next {
        self.tell(Event::Link(Link::Connecting { attempt: self.backoff.attempt() })).await;
        match self.open().await {
            Ok(socket) => Next::Stream(Box::new(socket)),
            Err(trouble) => {
                // A proxy that knows no upgrade may cut the line instead of saying no.
                let cut = trouble.is_lost_answer().then(|| trouble.say());
                match (self.over(trouble).await, cut) {
                    (Next::Wait { after: None, .. }, Some(why)) => self.mute(why),
                    (next, _) => next,
                }
            }
        }
    }

    /// Nobody introduced themselves on this connection.
    fn mute(&mut self, why: Clean) -> Next {
        self.mutes += 1;
        if self.mutes >= MOST_MUTE { Next::Poll(why) } else { Next::Wait { why, after: None } }
    }

    async fn after(&mut self, ending: Ending) -> Next {
        self.down.get_or_insert_with(|| now().boot);
        match ending {
            Ending::Woke => {
                self.backoff.forget();
                Next::Now
            }
            Ending::Renewed => Next::Now,
            Ending::Again { why, after } => Next::Wait { why, after },
            Ending::Auth(_) if self.client.renew_token().await => Next::Now,
            Ending::Auth(why) | Ending::Refused(why) => Next::Refused { why, recheck: None },
            Ending::Mute(why) => self.mute(why),
        }
    }

    async fn wait(&mut self, why: Clean, after: Option<Millis>) -> Next {
        let attempt = self.backoff.attempt();
        let now = Clocks::read();
        let delay = self.backoff.failed(now.boot, random(), after);
        self.tell(Event::Link(Link::Retrying { at: now.wall + delay, attempt, why })).await;
        if self.pause(Duration::from_millis(delay.0.unsigned_abs())).await {
            self.backoff.forget();
            self.client.renew();
        }
        Next::Now
    }

    async fn refused(&mut self, why: Clean, recheck: Option<Duration>) -> Next {
        self.tell(Event::Link(Link::Refused { why })).await;
        let since = Instant::now();
        loop {
            // A machine that woke up is no reason to knock again where a person has to do something first.
            let woken = tokio::time::timeout(self.patience.poll, self.refresh.notified()).await.is_ok();
            let due = recheck.is_some_and(|it| since.elapsed() >= it);
            // Another token in the file is what a person does first, and says that it is time.
            if self.client.renew() || woken || due {
                if woken {
                    self.client.renew_token().await;
                }
                self.backoff.forget();
                return Next::Now;
            }
        }
    }
}

/// Any number, for spreading those who come back.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}
