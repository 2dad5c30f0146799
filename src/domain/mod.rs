//! The rules of the migration as pure functions: no file, no SQL, no terminal, no clock.
//!
//! The cells of an export become typed records ([`order`], [`membership`], [`affiliate`]) with exact
//! [`money`] and UTC [`date`]s. Whatever is doubtful about a row is a [`finding`] with a stable code.

pub mod affiliate;
pub mod books;
pub mod cell_reader;
pub mod checklist_order;
pub mod chunked_vec;
pub mod commission;
pub mod contact;
pub mod date;
pub mod export_fields;
pub mod finding;
pub mod hash_index;
pub mod identity;
pub mod ids;
pub mod membership;
pub mod money;
pub mod native_order;
pub mod order;
pub mod product_map;
pub mod redaction;
pub mod source_kind;
pub mod source_totals;
pub mod status;
pub mod string_arena;
pub mod text;
