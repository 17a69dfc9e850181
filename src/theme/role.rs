//! The roles: everything a cell can mean. A theme gives each a colour; a role it leaves out takes its parent's.

/// Declares the roles: variant, name in theme files, and the role whose look it takes when a theme is silent.
macro_rules! roles {
    ($($(#[$meta:meta])* $variant:ident = $name:literal < $parent:ident),+ $(,)?) => {
        /// What a piece of the screen means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $($(#[$meta])* $variant,)+
        }

        impl Role {
            /// Every role, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name in theme files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Whose look it takes when a theme says nothing about it; [`Role::Text`] is its own.
            #[must_use]
            pub const fn parent(self) -> Self {
                match self {
                    $(Self::$variant => Self::$parent,)+
                }
            }
        }
    };
}

roles! {
    /// Ordinary text. Its background is the ground of the whole screen.
    Text = "text" < Text,
    /// Text that is not needed now.
    Dim = "dim" < Text,
    /// Emphasised text: names, values.
    Strong = "strong" < Text,
    /// The one accent: focus, the cursor's row, links.
    Accent = "accent" < Text,
    Border = "border" < Dim,
    BorderFocus = "border_focus" < Accent,
    Title = "title" < Text,
    TitleFocus = "title_focus" < Accent,
    /// The header line and its parts.
    Header = "header" < Text,
    /// The bar of a production context.
    Production = "production" < Bad,
    Footer = "footer" < Dim,
    /// A key in the footer, help or a dialog.
    Key = "key" < Strong,
    /// The row under the cursor in the focused pane (mostly a background).
    Cursor = "cursor" < Strong,
    /// The row under the cursor in other panes.
    CursorDim = "cursor_dim" < Text,
    /// Found text in logs and lists.
    Hit = "hit" < Accent,
    /// The found text one stands on.
    HitHere = "hit_here" < Hit,
    Ok = "ok" < Text,
    Busy = "busy" < Accent,
    Warn = "warn" < Strong,
    Bad = "bad" < Warn,
    Off = "off" < Dim,
    P1 = "p1" < Bad,
    P2 = "p2" < Warn,
    P3 = "p3" < Warn,
    P4 = "p4" < Dim,
    LevelTrace = "level_trace" < Dim,
    LevelDebug = "level_debug" < Dim,
    LevelInfo = "level_info" < Text,
    LevelWarn = "level_warn" < Warn,
    LevelError = "level_error" < Bad,
    /// Names of fields in a log line.
    Field = "field" < Dim,
    /// Lines lost, data stale: what the screen does not know.
    Unknown = "unknown" < Warn,
    /// Chart lines, in order.
    Chart1 = "chart1" < Accent,
    Chart2 = "chart2" < Text,
    Chart3 = "chart3" < Ok,
    Chart4 = "chart4" < Warn,
    /// Axis and grid.
    Axis = "axis" < Border,
    /// Deploy markers on a time axis.
    Marker = "marker" < Accent,
    /// The time cursor.
    TimeCursor = "time_cursor" < Accent,
    /// That the past is shown, not the present.
    Past = "past" < TimeCursor,
    /// Stable colours of services, in order.
    Service1 = "service1" < Accent,
    Service2 = "service2" < Text,
    Service3 = "service3" < Text,
    Service4 = "service4" < Text,
    Service5 = "service5" < Text,
    Service6 = "service6" < Text,
    /// A dialog's ground.
    Dialog = "dialog" < Text,
    /// A dialog that asks for something dangerous.
    Danger = "danger" < Bad,
    Toast = "toast" < Dialog,
}

impl Role {
    /// The stable colours of services.
    pub const SERVICES: [Self; 6] = [Self::Service1, Self::Service2, Self::Service3, Self::Service4, Self::Service5, Self::Service6];

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
