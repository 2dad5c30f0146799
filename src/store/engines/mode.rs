//! How a database is opened, and in which form it keeps its times.

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It must exist and is only read.
    Read,
    /// It must exist.
    Write,
    /// An SQLite file is created where it is missing.
    Create,
}

/// In which of Prisma's two forms a SQLite database keeps its times. They must not be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Integer milliseconds since 1970.
    Millis,
    /// Text such as `2024-03-05T06:07:08.009+00:00`.
    Text,
}
