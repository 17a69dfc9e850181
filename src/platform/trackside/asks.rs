//! Answers what a source is asked: over REST, several at once, each always answered.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, mpsc, watch};

use super::client::Client;
use crate::model::event::{Answer, Event};
use crate::model::log::LogFilter;
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;
use crate::platform::port::Ask;
use crate::platform::sink::Sink;

/// Questions under way at once; the platform's own limit of streams and requests is far above.
const AT_ONCE: usize = 16;
/// How these requests came, in the platform's audit trail.
const VIA: &str = "dashboard";

/// What is not asked over REST but wished of the stream. Only the newest of each counts.
#[derive(Clone, Debug)]
pub struct Wishes {
    pub filter: watch::Sender<LogFilter>,
    pub refresh: Arc<Notify>,
}

/// Runs until `asks` is closed.
pub async fn answer_all(client: Client, mut asks: mpsc::Receiver<Ask>, wishes: Wishes, out: Sink) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            ask = asks.recv(), if under_way.len() < AT_ONCE => {
                let Some(ask) = ask else { return };
                under_way.push(one(&client, ask, &wishes, &out));
            }
            Some(()) = under_way.next() => {}
        }
    }
}

async fn one(client: &Client, ask: Ask, wishes: &Wishes, out: &Sink) {
    let answer = match ask.request {
        Request::Follow(filter) => {
            wishes.filter.send_replace(filter);
            done("following")
        }
        Request::Refresh => {
            wishes.refresh.notify_one();
            done("trying again")
        }
        request => client.ask(&request, VIA, None).await.unwrap_or_else(Answer::Failed),
    };
    if matches!(answer, Answer::Failed(Fault::Forbidden(_))) {
        // What we may do has changed since we asked; the greyed keys should say so.
        if let Ok(caps) = client.me().await {
            out.send(Event::Caps(Box::new(caps))).await;
        }
    }
    out.send(Event::Answer(ask.id, Box::new(answer))).await;
}

fn done(text: &str) -> Answer {
    Answer::Done { text: Clean::new(text), object: None }
}
