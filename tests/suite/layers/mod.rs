//! What the rooms of the source tree owe each other, as `docs/ARCHITECTURE.md` says.

mod imports;
mod sql;
