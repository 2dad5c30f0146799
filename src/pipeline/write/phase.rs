//! The phase that a batch belongs to.

use crate::domain::source_kind::SourceKind;
use crate::source::Export;

/// A phase of an import: the rows of one kind, or a step of the tool's own that has no rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase<'a> {
    /// Its name in checkpoints.
    pub name: &'static str,
    /// The kind under which the app's import log lists it.
    pub kind: SourceKind,
    /// The files that its rows stand in, by the numbers in their locations.
    pub exports: &'a [&'a Export],
}
