//! What a deployment says of itself: how long it usually takes, what it changed, and whether things are better or worse since.
//! Pure: what asks for the data stands in `app::deploy_look`.

mod around;
mod back;
mod card;
mod diff;
mod held;
mod side;
mod told;
mod usual;
mod verdict;
mod view;
mod window;

pub use around::around;
pub use back::{taken_back, way_back};
pub use card::{Card, From, Line, Measure, Part, Sample, card};
pub use diff::{Change, Commits, Diff, Fact, Variables, bytes, commit_line, count_words, diff, hashes};
pub use held::{Deploys, Held, Range, Study, Want};
pub use side::{Level, METRICS, STEP, Side};
pub use told::{first_line, told, usual_words};
pub use usual::{Estimate, FEW, Usual, estimate, of_all, of_stage, past, percentile, stages, took};
pub use verdict::{Verdict, Why, latencies, log_rates, memories, ratios, together};
pub use view::DiffView;
pub use window::{REACH, Span, Window, base, window};
