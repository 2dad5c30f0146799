//! The report, held against the database by sums of the tests' own. What it looks like is shown in `output`.

mod bundle;
mod database;
mod decisions;
mod figures;
mod invitations;
mod markup;
mod schema;
mod shop;
mod sums;
