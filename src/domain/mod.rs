//! The rules of the migration, pure: no file, no SQL, no terminal.

pub mod affiliate;
pub mod arena;
pub mod books;
pub mod chunked_vec;
pub mod commission;
pub mod contact;
pub mod date;
pub mod fields;
pub mod figures;
pub mod finding;
pub mod identity;
pub mod ids;
pub mod index;
pub mod json_string;
pub mod mask;
pub mod membership;
pub mod money;
pub mod native;
pub mod order;
pub mod privacy;
pub mod product;
pub mod source_payload;
pub mod status;
pub mod text;
