//! Which columns of a table there is room for, and how wide each may be.

/// A column.
#[derive(Clone, Copy)]
pub struct Column {
    /// Under this it is left out.
    pub min: u16,
    /// What it would like.
    pub want: u16,
    /// 0 is kept longest.
    pub rank: u8,
    /// Takes what is left over.
    pub grows: bool,
}

impl Column {
    /// A column that is `width` wide or not there.
    pub const fn fixed(width: u16, rank: u8) -> Self {
        Self { min: width, want: width, rank, grows: false }
    }

    /// A column between `min` and `want`.
    pub const fn upto(min: u16, want: u16, rank: u8) -> Self {
        Self { min, want, rank, grows: false }
    }

    /// A column that takes what the others leave.
    pub const fn rest(min: u16, rank: u8) -> Self {
        Self { min, want: min, rank, grows: true }
    }
}

/// Columns between two columns.
pub const GAP: u16 = 2;

/// A width for each of `columns` in `width`; 0 leaves it out.
pub fn fit<const N: usize>(columns: &[Column; N], width: u16) -> [u16; N] {
    let mut out = [0; N];
    let mut left = i32::from(width) + i32::from(GAP);
    let mut order: [usize; N] = std::array::from_fn(|i| i);
    order.sort_by_key(|i| columns[*i].rank);
    for i in order {
        let need = i32::from(columns[i].min) + i32::from(GAP);
        if columns[i].min == 0 || need > left {
            continue;
        }
        out[i] = columns[i].min;
        left -= need;
    }
    // First what the narrow ones would like, then the rest to the one that grows.
    for i in order {
        if out[i] == 0 {
            continue;
        }
        let more = i32::from(columns[i].want.saturating_sub(columns[i].min)).min(left.max(0));
        out[i] += more as u16;
        left -= more;
    }
    if let Some(i) = order.into_iter().find(|i| out[*i] > 0 && columns[*i].grows) {
        out[i] = out[i].saturating_add(left.max(0) as u16);
    }
    out
}
