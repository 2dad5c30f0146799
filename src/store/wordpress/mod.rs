//! Reads the database of a WordPress site on a MySQL or MariaDB server, and writes nothing to it.
//!
//! Only named columns are read, so that grants on columns suffice, page by page in one consistent snapshot. The server
//! is asked in its text protocol: what comes are the same characters that a dump has.

#[cfg(feature = "mysql")]
mod live_site;
mod source_url;

#[cfg(feature = "mysql")]
pub(crate) use crate::store::wordpress::live_site::{ChosenRows, LiveColumn, LiveSite, LiveTable};
pub(crate) use crate::store::wordpress::source_url::SourceUrl;
