//! What a value is, and the forms in which engines store it.

pub mod coder;
pub mod encoder;
pub mod fingerprint;
pub mod json;
pub mod record;
pub mod timestamp_text;
pub mod value;
