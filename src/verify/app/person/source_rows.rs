//! The source rows that are kept of a person, with a bank's cells masked, and those of the affiliate who has sold an order.

use crate::domain::redaction::redact_cell;
use crate::store::schema::tables::{SourceRecord, WebhookLog};
use crate::store::schema::words::SourceRecordKind;
use crate::verify::app::person::story::SourceRowStory;
use crate::verify::reader::Payload;

/// What the name of a column has in it that holds an account at a bank.
const BANK_WORDS: [&str; 4] = ["bank", "rek", "account", "atas_nama"];

/// What the name of a column of an order begins with that is about another person: who has sold it.
const OF_SELLER: &str = "affiliate";

/// An order's row. Whoever has sold it is another person, and stays masked unless personal data is to be shown.
pub(super) fn of_order(log: &WebhookLog, show_pii: bool) -> SourceRowStory {
    let mut row = row("order", &log.order_id, &log.webhook_payload.0);
    for (column, cell) in row.cells.iter_mut().filter(|(column, _)| column.starts_with(OF_SELLER)) {
        *cell = redact_cell(column, cell, show_pii);
    }
    row
}

/// A membership's or an affiliate's row; nothing for what an import keeps beside the source's rows.
pub(super) fn of_record(record: &SourceRecord) -> Option<SourceRowStory> {
    let kind = match record.kind {
        SourceRecordKind::Affiliate => "affiliate",
        SourceRecordKind::Membership => "membership",
        SourceRecordKind::Commission => "commission",
        SourceRecordKind::Access | SourceRecordKind::PaidCommission | SourceRecordKind::Pair => return None,
    };
    Some(row(kind, &record.source_key, &record.payload.0))
}

fn row(kind: &'static str, key: &str, payload: &str) -> SourceRowStory {
    let payload = Payload::read(payload);
    let shown = |(column, cell): (&str, &str)| (column.to_owned(), shown(column, cell));
    SourceRowStory {
        kind,
        key: key.to_owned(),
        file: payload.file.clone().into_owned(),
        record: payload.record,
        purged: payload.purged,
        cells: payload.named_cells().filter(|(_, cell)| !cell.trim().is_empty()).map(shown).collect(),
    }
}

/// A cell as the support desk sees it: the person's own data was asked for, a bank's account never is.
fn shown(column: &str, cell: &str) -> String {
    let name = column.to_lowercase();
    match BANK_WORDS.iter().any(|word| name.contains(word)) {
        true => redact_cell("bank_info", cell, false),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_account_is_masked_and_the_rest_is_not() {
        assert_eq!(shown("buyer_phone", "081234567890"), "081234567890");
        assert_eq!(shown("Bank Info", "BCA 1234567890"), "B** 1*********");
        assert_eq!(shown("no_rekening", "1234567890"), "1*********");
    }
}
