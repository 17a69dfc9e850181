//! The demo's customers: real requests to the services' addresses, through the platform's proxy, until told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Between two customers. Some seven a second is a busy little shop, and light enough for a laptop.
const EVERY: Duration = Duration::from_millis(140);
/// A customer's patience.
const PATIENCE: Duration = Duration::from_secs(12);

/// Addresses of the services that customers visit.
#[derive(Clone, Debug)]
pub struct Shop {
    pub web: String,
    pub guide: String,
    pub invoices: String,
}

/// What the customers met, for the headless demo's last line.
#[derive(Debug, Default)]
pub struct Met {
    pub answered: AtomicU64,
    pub failed: AtomicU64,
}

/// Sends customers until `stop`.
pub async fn drive(shop: Shop, met: Arc<Met>, stop: CancellationToken) {
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build() else { return };
    let mut visit = 0_u64;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause(visit)) => {}
        }
        visit += 1;
        let (client, url, met) = (client.clone(), url(&shop, visit), Arc::clone(&met));
        tokio::spawn(async move {
            let good = match client.get(url).send().await {
                Ok(answer) => answer.status().as_u16() < 500 && answer.bytes().await.is_ok(),
                Err(_) => false,
            };
            let count = if good { &met.answered } else { &met.failed };
            count.fetch_add(1, Ordering::Relaxed);
        });
    }
}

/// Customers come in waves: up to twice as many at the crest as in the trough, a wave in about two minutes.
fn pause(visit: u64) -> Duration {
    let wave = (visit as f64 / 120.0).sin();
    EVERY.mul_f64(1.0 - 0.35 * wave)
}

/// Where the next customer goes: two of six look around, two fill a cart, two order or read.
fn url(shop: &Shop, visit: u64) -> String {
    let items = visit * 7 % 13 + 1;
    match visit % 12 {
        0 | 5 | 9 => format!("{}/", shop.web),
        1 | 4 | 7 => format!("{}/cart?items={items}", shop.web),
        2 | 6 | 8 => format!("{}/checkout?items={items}&order={}", shop.web, 88_000 + visit),
        3 => format!("{}/index.html", shop.guide),
        10 => format!("{}/cart.html", shop.guide),
        _ => format!("{}/invoice?number={}", shop.invoices, 400 + visit),
    }
}
