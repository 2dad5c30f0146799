//! What `schema` does to a database: `check` and `status` look at it, `apply` adds what an import needs, and
//! `revert` drops that again.
//!
//! The app's database belongs to Prisma. Therefore what exists is inspected and never changed; what is added
//! is what Prisma itself would have made, object by object and only where it is missing; and each object that
//! was added is listed in a table, so that a revert drops exactly those and never one of the app's (L26).

pub mod apply;
pub(crate) mod check;
mod registry;
pub(crate) mod revert;
pub(crate) mod status;

pub(crate) use crate::store::migration::registry::newest_version;
