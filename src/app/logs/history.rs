//! How far back what is held is complete, for which wish: so that a scroll past it asks for the right page, and no hole looks like nothing.

use crate::model::log::LogFilter;

/// What stands above the first line shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The platform keeps nothing older that fits.
    Beginning,
    /// There may be older lines; scrolling here asks for them.
    Older,
    /// They were asked for.
    Asking,
    /// They could not be had, and why.
    Failed(String),
    /// The platform may have them, but the store is full.
    Full,
}

/// From which offset on everything that fits a wish is held, by wish. Of the running epoch.
#[derive(Debug, Default)]
pub struct Coverage {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    wish: LogFilter,
    low: u64,
    beginning: bool,
}

/// How far back a wish is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Everything from this offset on is held.
    pub low: u64,
    /// Nothing older is kept by the platform.
    pub beginning: bool,
}

impl Coverage {
    /// How far back everything that fits `wish` is held; `None`: nothing was held of it yet.
    pub fn of(&self, wish: &LogFilter) -> Option<Covered> {
        let wide = self.entries.iter().filter(|it| covers(&it.wish, wish));
        wide.map(|it| Covered { low: it.low, beginning: it.beginning }).min_by_key(|it| (!it.beginning, it.low))
    }

    /// Takes in that everything that fits `wish` is held from `low` on.
    pub fn reach(&mut self, wish: &LogFilter, low: u64, beginning: bool) {
        if let Some(it) = self.entries.iter_mut().find(|it| it.wish == *wish) {
            it.low = it.low.min(low);
            it.beginning |= beginning;
        } else {
            self.entries.push(Entry { wish: wish.clone(), low, beginning });
        }
    }

    /// What was older than `off` had to make room.
    pub fn lose(&mut self, off: u64) {
        for it in &mut self.entries {
            it.beginning &= it.low >= off;
            it.low = it.low.max(off);
        }
        // Wishes that reach no further back than a wider one say nothing any more.
        let Some(least) = self.entries.iter().map(|it| it.low).min() else { return };
        if self.entries.len() > 1 && self.entries.first().is_some_and(|it| it.low == least && !it.beginning) {
            let base = self.entries.first().map(|it| it.wish.clone()).unwrap_or_default();
            let mut nth = 0;
            self.entries.retain(|it| {
                nth += 1;
                nth == 1 || it.beginning || it.low < least || !covers(&base, &it.wish)
            });
        }
    }

    /// The offsets begin anew.
    pub fn restart(&mut self) {
        self.entries.clear();
    }
}

/// Whether whoever asked for `wide` got everything that fits `narrow`.
fn covers(wide: &LogFilter, narrow: &LogFilter) -> bool {
    fn any<T: PartialEq>(wide: Option<&T>, narrow: Option<&T>) -> bool {
        wide.is_none() || wide == narrow
    }
    any(wide.project.as_ref(), narrow.project.as_ref())
        && any(wide.service.as_ref(), narrow.service.as_ref())
        && any(wide.deployment.as_ref(), narrow.deployment.as_ref())
        && any(wide.kind.as_ref(), narrow.kind.as_ref())
        && any(wide.text.as_ref(), narrow.text.as_ref())
        && asks_no_more(wide.query.as_deref(), narrow.query.as_deref())
        && wide.level.is_none_or(|least| narrow.level.is_some_and(|it| it >= least))
}

/// Whether every line that the query `narrow` finds is found by `wide` too, as far as their printed texts say: asked with every frame,
/// so nothing is parsed. `narrow` asks all that `wide` does and then more; an OR among that could also let more through.
fn asks_no_more(wide: Option<&str>, narrow: Option<&str>) -> bool {
    let Some(wide) = wide else { return true };
    let Some(narrow) = narrow else { return false };
    wide == narrow || (narrow.strip_prefix(wide).is_some_and(|rest| rest.starts_with(' ')) && !may_choose(narrow))
}

/// Whether there may be an OR outside of brackets. Where brackets may be text, any OR counts.
fn may_choose(printed: &str) -> bool {
    if printed.contains(['"', '/', '\\']) {
        return printed.contains(" OR ");
    }
    let mut depth = 0;
    printed.char_indices().any(|(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0 && printed[at..].starts_with(" OR ")
    })
}
