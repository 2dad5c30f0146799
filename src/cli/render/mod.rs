//! The texts and documents of results: a file for each result, and the parts that several share.

pub(crate) mod backup;
pub(crate) mod books;
pub(crate) mod commissions;
pub(crate) mod control_totals;
pub(crate) mod doctor;
pub(crate) mod document;
pub mod explain;
pub(crate) mod extract;
pub(crate) mod findings;
pub(crate) mod grant;
pub(crate) mod import;
pub(crate) mod operator;
pub(crate) mod page;
pub(crate) mod person;
pub(crate) mod products;
pub(crate) mod purge;
pub(crate) mod remarks;
pub(crate) mod report;
pub(crate) mod rollback;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod unlock;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod wrap;
