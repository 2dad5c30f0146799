//! Verification: the proof that the database holds what the exports say (L27).
//!
//! It takes a path of its own. The files are read by [`reader`], a plain sequential reader; every
//! row is parsed by the pure rules of [`crate::domain`], what it should have become is worked out
//! here a second time, and that is compared with what is stored, field by field. What no file
//! knows (ids, times of writing, books, before-images) is held against the journal and the books.
//! Each check has a file; a check that compared nothing fails.

mod affiliates;
mod app;
mod books;
mod changed_rows;
mod commissions;
mod context;
pub(crate) mod controls;
mod difference;
mod expected_order;
mod explanation;
mod figure;
mod file_hashes;
mod held_memberships;
mod identities;
mod integrity;
mod jobs;
mod journal;
mod known_people;
mod memberships;
mod one_active;
mod order_facts;
mod order_feed;
mod order_metadata;
mod order_walk;
mod orders;
mod orders_without_log;
mod outcome;
mod pages;
mod paid_commissions;
mod payment_marks;
mod people_walk;
mod periods;
mod person;
mod product_map;
mod read_once;
mod reader;
mod rejects;
mod report;
mod request;
mod roles;
mod rows_by_key;
mod run;
mod standing_runs;
mod stored_orders;
mod stored_sums;
mod sums;
mod table_history;
mod totals;
mod wallets;

pub(crate) use crate::verify::app::person::{
    AffiliateStory, OrderStory, PersonStory, RejectStory, RunStory, SourceRowStory,
};
pub(crate) use crate::verify::app::{AppFigures, DrawnPerson, Sample};
pub(crate) use crate::verify::changed_rows::{ChangedBy, ChangedRow, RowProof, RowState};
pub use crate::verify::difference::{Difference, Explanation, Subject};
pub use crate::verify::figure::{FigureValue, PageFigure};
pub(crate) use crate::verify::journal::REPAIRED;
pub(crate) use crate::verify::order_walk::{OrderListener, tell_all};
pub(crate) use crate::verify::pages::of_app_beside;
pub(crate) use crate::verify::person::{PersonAnswer, ask, sample};
pub use crate::verify::report::{VerifyCheck, VerifyReport};
pub use crate::verify::request::VerifyRequest;
pub use crate::verify::run::run;
pub(crate) use crate::verify::run::{app_figures, changed_rows, run_beside};
