//! The rules of the migration as pure functions: no file, no SQL, no terminal, no clock.
//!
//! The cells of an export become typed records ([`order`], [`membership`], [`affiliate`]) with exact
//! [`money`] and UTC [`date`]s. Whatever is doubtful about a row is a [`finding`] with a stable code.

pub(crate) mod affiliate;
pub(crate) mod bank_account;
pub(crate) mod batch_size;
pub(crate) mod books;
pub mod cell_reader;
pub mod checklist_order;
pub(crate) mod chunked_vec;
pub(crate) mod commission;
pub(crate) mod commission_choice;
pub(crate) mod commission_figures;
pub mod commission_row;
pub mod commission_status;
pub(crate) mod comparable;
pub mod contact;
pub(crate) mod conventions;
pub mod date;
pub(crate) mod decided_identities;
pub(crate) mod detail;
pub mod export_fields;
pub mod finding;
pub(crate) mod hash_index;
pub(crate) mod id_index;
pub(crate) mod identity;
pub(crate) mod ids;
pub mod json_string;
pub(crate) mod kept_reason;
pub(crate) mod ledger_reference;
pub(crate) mod membership;
pub mod money;
pub(crate) mod native_order;
pub mod order;
pub mod order_details;
pub(crate) mod paid_allocation;
pub(crate) mod paid_record;
pub(crate) mod pending_notes;
pub(crate) mod person_decision;
pub(crate) mod product_map;
pub(crate) mod reachable_sums;
pub mod redaction;
pub(crate) mod referral;
pub(crate) mod run_kind;
pub(crate) mod source_id;
pub(crate) mod source_kind;
pub mod source_payload;
pub(crate) mod source_totals;
pub(crate) mod status;
pub(crate) mod string_arena;
pub(crate) mod text;
