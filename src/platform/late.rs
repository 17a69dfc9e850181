//! A source whose address or token must first be found out, which may take a while or a person: the screen is up meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::endpoint::Endpoint;
use super::port::{Ask, Running, Source};
use super::sink::Sink;
use crate::model::event::{Answer, Event};
use crate::model::link::Link;
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;

/// Finds the endpoint; may block. The error is for the person.
pub type Find = Arc<dyn Fn() -> Result<Endpoint, String> + Send + Sync>;

/// A source that is made once its endpoint was found.
pub struct Late {
    pub find: Find,
    pub make: Box<dyn FnOnce(Endpoint) -> Box<dyn Source> + Send>,
    /// Between two looks for an endpoint that was not there. `None`: only when the person wants it, because looking may disturb them.
    pub again: Option<Duration>,
}

impl Source for Late {
    fn run(self: Box<Self>, mut asks: mpsc::Receiver<Ask>, out: Sink) -> Running {
        let Self { find: look, make, again } = *self;
        Box::pin(async move {
            // A follow that came before there was anybody to follow.
            let mut held = Vec::new();
            loop {
                out.send(Event::Link(Link::Connecting { attempt: 1 })).await;
                let find = Arc::clone(&look);
                let found = tokio::task::spawn_blocking(move || find()).await;
                let why = match found {
                    Ok(Ok(endpoint)) => return go_on(make(endpoint), asks, out, held).await,
                    Ok(Err(why)) => why,
                    Err(err) => err.to_string(),
                };
                out.send(Event::Link(Link::Refused { why: Clean::paragraph(&why) })).await;
                if !wait(&mut asks, &out, &mut held, again, &why).await {
                    return;
                }
            }
        })
    }
}

/// Runs `source`, with what was asked before it was there in front.
async fn go_on(source: Box<dyn Source>, mut asks: mpsc::Receiver<Ask>, out: Sink, held: Vec<Ask>) {
    let (hand, taken) = mpsc::channel(64);
    let running = source.run(taken, out);
    let pass = async move {
        for ask in held {
            if hand.send(ask).await.is_err() {
                return;
            }
        }
        while let Some(ask) = asks.recv().await {
            if hand.send(ask).await.is_err() {
                return;
            }
        }
    };
    // The source ends when nobody can ask it any more.
    tokio::join!(running, pass);
}

/// Until it is time to look again; false: nobody can ask any more, so the source ends.
async fn wait(asks: &mut mpsc::Receiver<Ask>, out: &Sink, held: &mut Vec<Ask>, again: Option<Duration>, why: &str) -> bool {
    let until = again.map(|it| tokio::time::Instant::now() + it);
    loop {
        let due = async {
            match until {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => return true,
            ask = asks.recv() => {
                let Some(ask) = ask else { return false };
                match ask.request {
                    Request::Refresh => {
                        let done = Answer::Done { text: Clean::new("trying again"), object: None };
                        out.send(Event::Answer(ask.id, Box::new(done))).await;
                        return true;
                    }
                    Request::Follow(_) => {
                        held.clear();
                        held.push(ask);
                    }
                    _ => {
                        let no = Answer::Failed(Fault::Offline(Clean::new(why)));
                        out.send(Event::Answer(ask.id, Box::new(no))).await;
                    }
                }
            }
        }
    }
}
