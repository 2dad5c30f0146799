//! What a verification is asked to do.

use std::path::PathBuf;

use crate::domain::date::{DateOrder, Millis, SourceZone};
use crate::source::file_options::FileOptions;

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// Exports, or folders with exports; without any, the database is only held against itself.
    pub paths: Vec<PathBuf>,
    /// Files of folders that are left out.
    pub skipped: Vec<PathBuf>,
    /// How the files are to be read.
    pub source: FileOptions,
    /// The product map; `None` for the one among the files.
    pub products: Option<PathBuf>,
    /// The zone of the exports' dates; `None` for that of the last run.
    pub source_tz: Option<SourceZone>,
    /// The order of day and month; `None` for that of the last run.
    pub date_order: Option<DateOrder>,
    /// The time by which memberships are judged; `None` for that of each row's own run.
    pub as_of: Option<Millis>,
    /// Whether the app's own reads are replayed over everybody who was imported.
    pub replays_app: bool,
    /// Whether differences name people by their addresses, too.
    pub show_pii: bool,
}
