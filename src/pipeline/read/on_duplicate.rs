//! What the operator has said about rows of one number and different content.

use serde::{Deserialize, Serialize};

/// What to do with rows of one key and different content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnDuplicate {
    /// All of them are held.
    #[default]
    Hold,
    /// The first row counts.
    First,
    /// The last row counts.
    Last,
    /// The row of the file with the latest date in any of its rows counts; all are held if that tells no single file.
    Newest,
}
