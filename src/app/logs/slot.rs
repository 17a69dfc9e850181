//! Fields in columns: what a column is and what stands in one. Data only; how they come about is `table`.

/// A column of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The field's path.
    pub name: String,
    /// Columns of the screen, without the space after it.
    pub width: usize,
}

impl Slot {
    /// What it is headed by: the last part of the path.
    pub fn heading(&self) -> &str {
        self.name.rsplit('.').find(|it| !it.is_empty()).unwrap_or(&self.name)
    }
}

/// What stands in a column of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Cut to the width of the column.
    pub text: String,
    pub width: usize,
    /// Stands at the right end.
    pub number: bool,
}
