//! One open database of the app.
//!
//! A store reads rows as structs and takes [`history::journal::Change`]s, which are the only way in
//! which a row of the app is written: each leaves its before-image. Everything happens in
//! [`session::store::Store::transaction`]; transactions nest, which is what a dry run is made of. Nobody
//! above the store knows which engine is connected.
//!
//! A room may use those listed before it:
//!
//! * [`codec`]: values, and the forms in which engines store them;
//! * [`schema`]: tables, catalogue and migrations as data;
//! * [`engines`]: what differs between SQLite, PostgreSQL and MySQL, behind one trait;
//! * [`session`]: the open database, and the lock;
//! * [`history`]: runs and their journal;
//! * [`migration`]: `schema check`, `apply`, `status` and `revert`;
//! * [`backup`]: backups by each engine's own program;
//! * [`wordpress`]: the database of a WordPress site, which is only read.

pub(crate) mod backup;
pub mod codec;
pub mod engines;
pub mod history;
pub mod migration;
pub(crate) mod queries;
pub mod schema;
pub mod session;
pub(crate) mod wordpress;
