//! Values, and the forms in which engines store them.

mod canonical_json;
pub(crate) mod coder;
pub(crate) mod encoder;
pub(crate) mod fingerprint;
pub(crate) mod json;
pub mod record;
pub(crate) mod timestamp_text;
pub mod value;
