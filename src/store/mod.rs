//! What a store can do, in prose.
//!
//! A store is one open database of the app. It reads rows as structs ([`Store::select_in`]), and
//! takes [`journal::Change`]s, which are the only way a row of the app is written: each leaves its
//! before-image. Everything happens in [`Store::transaction`]; transactions nest, which is what a
//! dry run is made of. What differs between engines stands behind [`engine::Engine`]; above this line
//! nobody knows which one it is.

pub mod backup;
pub mod codec;
pub mod engines;
pub mod history;
pub(crate) mod queries;
pub mod schema;
pub mod session;
