//! A shop in which four accounts may be two people.

use super::exit_code::DONE;
use super::{AppDatabase, Edits, Engine, Exports, imported};

/// Two pairs: one mistyped domain each.
pub const PAIRS: [Edits<'_>; 4] = [
    &[("order_id", "5001"), ("buyer_email", "rina@gmail.com")],
    &[("order_id", "5002"), ("buyer_email", "rina@gmial.com")],
    &[("order_id", "5003"), ("buyer_email", "budi@yahoo.com"), ("buyer_name", "Budi")],
    &[("order_id", "5004"), ("buyer_email", "budi@yaho.com"), ("buyer_name", "Budi Dua")],
];

/// The shop, imported.
pub fn two_pairs(engine: Engine) -> (AppDatabase, Exports) {
    let orders = PAIRS.map(|order| [order]);
    let orders: Vec<&[Edits<'_>]> = orders.iter().map(|order| &order[..]).collect();
    let exports = Exports::new().orders(&orders);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    (db, exports)
}
