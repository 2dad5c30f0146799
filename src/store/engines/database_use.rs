//! How a database is opened.

/// What a command is going to do with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseUse {
    /// Read it only; it must exist.
    Read,
    /// Read and write it; it must exist.
    Write,
    /// Read and write it; an SQLite file is created where it is missing.
    Create,
}
