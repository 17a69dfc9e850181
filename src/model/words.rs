//! `words!` makes a closed list of a protocol's words that still keeps any word it does not know, as text.

/// Declares an enum whose variants are words on the wire. A word that is not in the list becomes
/// `Other`, keeps its text, and is written back as it came, so a newer server never breaks an older client.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A word this version does not know, kept as it came.
            Other($crate::model::text::Clean),
        }

        impl $name {
            /// Every word this version knows, in order.
            pub const KNOWN: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire and on the screen.
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(text) => text.as_str(),
                }
            }

            /// Reads a word, whatever its case; never fails.
            pub fn read(word: &str) -> Self {
                match word.to_ascii_lowercase().as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other($crate::model::text::Clean::new(word)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                Ok(Self::read(&word))
            }
        }
    };
}

pub(crate) use words;
