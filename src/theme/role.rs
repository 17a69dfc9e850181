//! The roles: everything a cell can mean. A theme gives each a colour; a role it leaves out takes its parent's.

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text that is not needed now.
    Dim,
    /// Emphasised text: names, values.
    Strong,
    /// The one accent: focus, the cursor's row, links.
    Accent,
    Border,
    BorderFocus,
    Title,
    TitleFocus,
    /// The header line and its parts.
    Header,
    /// The bar of a production context.
    Production,
    Footer,
    /// A key in the footer, help or a dialog.
    Key,
    /// The row under the cursor in the focused pane (mostly a background).
    Cursor,
    /// The row under the cursor in other panes.
    CursorDim,
    /// Found text in logs and lists.
    Hit,
    /// The found text one stands on.
    HitHere,
    Ok,
    Busy,
    Warn,
    Bad,
    Off,
    P1,
    P2,
    P3,
    P4,
    LevelTrace,
    LevelDebug,
    LevelInfo,
    LevelWarn,
    LevelError,
    /// Names of fields in a log line.
    Field,
    /// Lines lost, data stale: what the screen does not know.
    Unknown,
    /// Chart lines, in order.
    Chart1,
    Chart2,
    Chart3,
    Chart4,
    /// Axis and grid.
    Axis,
    /// Deploy markers on a time axis.
    Marker,
    /// The time cursor.
    TimeCursor,
    /// Stable colours of services, in order.
    Service1,
    Service2,
    Service3,
    Service4,
    Service5,
    Service6,
    /// A dialog's ground.
    Dialog,
    /// A dialog that asks for something dangerous.
    Danger,
    Toast,
}
