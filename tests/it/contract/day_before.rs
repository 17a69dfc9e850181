//! A chart beside the same time a day before: a day and more of real measurements, from the store through the server, its socket and the
//! client into the state and onto the screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use tempfile::TempDir;
use trackside::app::metrics::Behind;
use trackside::local::series::SeriesStore;
use trackside::model::event::{Answer, Change};
use trackside::model::metric::{Metric, MetricPoint};
use trackside::model::request::Request;
use trackside::model::time::{Millis, Time};
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;

use super::desk::{Desk, TOKEN};
use super::samples;
use crate::dash::{Dash, START, dash};

/// What is measured most of the time, and for five minutes around a peak, in cores.
const CALM: f64 = 0.1;
const PEAK: f64 = 0.9;

/// A day and two hours of measurements up to `START`, one each ten seconds, calm but around `peak`.
fn measured(peak: Time) -> (SeriesStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SeriesStore::open(folder.path()).unwrap();
    let mut at = START - Millis::hours(26);
    while at < START {
        let near = at.since(peak).0.abs() < Millis::mins(5).0 / 2;
        let values = vec![(Metric::Cpu, if near { PEAK } else { CALM })];
        store.push(&[MetricPoint { service: "api".into(), replica: 0, at, values }]);
        at = at + Millis::secs(10);
    }
    (store, folder)
}

/// The api's processor over the last hour, with the day before behind it or not: all that was asked for is answered over the wire.
async fn charted(peak: Time, behind: Behind) -> Dash {
    let (store, _folder) = measured(peak);
    let kept = store.clone();
    let desk = Desk::measuring(Arc::new(move |query| kept.query(query))).await;
    desk.write(["web", "api", "worker", "ledger"].map(|it| Change::Service(samples::service(it))).to_vec()).await;
    let client = Client::new(Endpoint::new(&format!("http://127.0.0.1:{}", desk.port), Some(TOKEN.into())).unwrap());
    let mut it = dash().at(160, 50);
    it.press("j j Enter 4 z g");
    it.app.set_window(Millis::hours(1));
    it.app.charts.behind = behind;
    let mut answered = BTreeSet::new();
    loop {
        it.waits(Millis::secs(1));
        let open = it.reads().into_iter().find_map(|(id, request)| match request {
            Request::Metrics(query) if it.app.asked.contains_key(&id) && !answered.contains(&id) => Some((id, query)),
            _ => None,
        });
        let Some((id, query)) = open else { break };
        answered.insert(id);
        let all = client.metrics(&query).await.unwrap();
        it.answers(id, Answer::Metrics(all));
    }
    assert!(!answered.is_empty(), "history was asked for");
    store.close();
    it
}

/// The columns of the highest row of dots, on the left and right the first and the last.
fn top(screen: &str) -> (usize, usize) {
    let dots = |line: &str| -> Vec<usize> {
        line.chars().enumerate().filter(|(_, c)| ('\u{2801}'..='\u{28ff}').contains(c)).map(|(i, _)| i).collect()
    };
    let row = screen.lines().map(dots).find(|it| !it.is_empty()).unwrap_or_else(|| panic!("no chart:\n{screen}"));
    (row[0], *row.last().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peak_of_yesterday_stands_behind_the_chart_where_the_same_time_of_today_is() {
    let today = charted(START - Millis::mins(20), Behind::Nothing).await.screen();
    let alone = charted(START - Millis::hours(24) - Millis::mins(20), Behind::Nothing).await.screen();
    let both = charted(START - Millis::hours(24) - Millis::mins(20), Behind::Day).await.screen();
    assert!(!alone.contains("day before") && !alone.contains("max 0.9"), "yesterday is not today:\n{alone}");
    assert!(both.contains("day before, max 0.90 cores"), "{both}");
    let ((from, to), (was_from, was_to)) = (top(&today), top(&both));
    // A day later it is kept by the minute, of two columns and a bit.
    assert!(from.abs_diff(was_from) <= 3 && to.abs_diff(was_to) <= 3, "{from}-{to} and {was_from}-{was_to}:\n{today}\n{both}");
    assert!(to - from < 20, "five minutes of sixty:\n{today}");
}
