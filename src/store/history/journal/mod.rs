//! The journal: every change to a row of the app leaves its before-image, in the transaction that makes the
//! change.
//!
//! A new row leaves its id and a fingerprint of what was written, so that a rollback can tell whether
//! somebody has edited it since. A changed row leaves the cells that stood there before, exactly as they were
//! stored; a deleted one leaves all of its cells, also those of columns that the tool does not know. Sums that the
//! app moves, too, are moved by a difference, and leave that.

mod apply;
mod change;
mod image;

pub(crate) use crate::store::history::journal::apply::{PreparedChanges, apply, moved_by};
pub(crate) use crate::store::history::journal::change::{Change, Movement};
pub(crate) use crate::store::history::journal::image::Images;
pub use crate::store::history::journal::image::{Image, decode};
