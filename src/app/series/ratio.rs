//! The error ratio of several services: all errors by all requests. Never a mean of ratios, which would count a service of one
//! request a minute as much as one of a thousand a second.

use super::cell::{Cell, Grid};
use super::track::Tracks;
use crate::model::metric::Metric;
use crate::model::time::{Millis, Time};

/// A ratio of now is one of this time: of the dozen requests of one second it would jump between nothing and much.
pub(super) const RECENT: Millis = Millis::secs(10);
/// Each cell is looked at in so many parts, so that a short burst of errors in a wide cell is still seen.
const PARTS: usize = 4;

/// Requests and those that failed in each cell of `grid`, of all `tracks` together; `None`: one of them does not count requests, but
/// says a ratio.
///
/// In numbers of requests: rates by the time they were measured for, in ms.
pub(super) fn counted(tracks: &[&Tracks], grid: &Grid) -> Option<Vec<(f64, f64)>> {
    let mut sums = vec![(0.0, 0.0); grid.n];
    for it in tracks {
        let (Some(all), Some(failed)) = (it.get(&Metric::Requests), it.get(&Metric::Requests5xx)) else {
            if it.contains_key(&Metric::ErrorRatio) {
                return None;
            }
            continue;
        };
        for ((sum, all), failed) in sums.iter_mut().zip(all.cells(grid)).zip(failed.cells(grid)) {
            // What failed is only known of requests that were counted.
            if let (Some(all), Some(failed)) = (all, failed) {
                *sum = (sum.0 + all.avg * all.known, sum.1 + failed.avg * failed.known);
            }
        }
    }
    Some(sums)
}

/// What each cell of `grid` shows of the ratio of all `tracks` together.
pub(super) fn cells(tracks: &[&Tracks], grid: &Grid) -> Option<Vec<Option<Cell>>> {
    let sums = counted(tracks, &grid.finer(PARTS))?;
    let width = grid.width();
    let mut cells: Vec<Option<Cell>> = sums.chunks(PARTS).map(|parts| of_parts(parts, width)).collect();
    // Of one service the ratio itself was measured: its ends are exact.
    if let [one] = tracks
        && let Some(own) = one.get(&Metric::ErrorRatio)
    {
        for (cell, own) in cells.iter_mut().zip(own.cells(grid)) {
            *cell = match (*cell, own) {
                (Some(sum), Some(own)) => Some(Cell { min: own.min.min(sum.avg), max: own.max.max(sum.avg), ..sum }),
                (sum, own) => sum.or(own),
            };
        }
    }
    Some(cells)
}

fn of_parts(parts: &[(f64, f64)], known: f64) -> Option<Cell> {
    let ratios = || parts.iter().filter_map(|it| of(*it));
    let avg = of(parts.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1)))?;
    Some(Cell { min: ratios().fold(f64::INFINITY, f64::min), max: ratios().fold(0.0, f64::max), avg, known })
}

/// Failed by all; `None` where there were no requests.
pub(super) fn of((all, failed): (f64, f64)) -> Option<f64> {
    (all > 0.0).then(|| (failed / all).clamp(0.0, 1.0))
}

/// The ratio of the last seconds before `at` of all `tracks` together, whether that is now or was then: of the dozen requests of one
/// second it would jump between nothing and much. `None` where requests are not counted by seconds, or there were none.
pub(super) fn recent(tracks: &[&Tracks], at: Time) -> Option<f64> {
    let sum = |it: &Tracks, metric: &Metric| -> Option<f64> {
        let recent = it.get(metric)?.since(at.0.saturating_sub(RECENT.0));
        Some(recent.iter().take_while(|it| it.at <= at.0).map(|it| f64::from(it.value)).sum())
    };
    let sums = tracks.iter().filter_map(|it| Some((sum(it, &Metric::Requests)?, sum(it, &Metric::Requests5xx)?)));
    of(sums.fold((0.0, 0.0), |all, it| (all.0 + it.0, all.1 + it.1)))
}
