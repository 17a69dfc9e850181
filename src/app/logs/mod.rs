//! The log store and what is shown of it.
