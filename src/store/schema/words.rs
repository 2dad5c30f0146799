//! The closed sets of words that the tool keeps in text columns. The tables of the tool itself are read
//! by them, so that a word of none of the sets is an error that names the table and the word. The columns
//! that the app writes, too, stay text, since it may have words of its own there.

use crate::domain::finding::Severity;
use crate::store::codec::value::text_words;

text_words! {
    /// Where a run stands: `SejoliImportRun.state`.
    RunState in "state of a run" {
        /// Going on, or interrupted: the same command resumes it.
        Running = "RUNNING",
        /// Done; the books balance.
        Completed = "COMPLETED",
        /// Interrupted and left behind: another run was begun instead. It can still be rolled back.
        Superseded = "SUPERSEDED",
        /// Being rolled back, or interrupted at it: the same rollback goes on.
        RollingBack = "ROLLING_BACK",
        /// Rolled back.
        RolledBack = "ROLLED_BACK",
    }
}

text_words! {
    /// Why a source row is not in the app: `SejoliImportReject.disposition`.
    Disposition in "disposition of a reject" {
        /// Somebody has to decide.
        Held = "HELD",
        /// The row itself has to be corrected.
        Rejected = "REJECTED",
    }
}

impl Disposition {
    /// What a finding of this severity does to its row, if it keeps the row out of the app.
    pub const fn of(severity: Severity) -> Option<Self> {
        match severity {
            Severity::Rejected => Some(Disposition::Rejected),
            Severity::Held => Some(Disposition::Held),
            Severity::Warning | Severity::Info => None,
        }
    }
}

text_words! {
    /// What a kept source row is about: `SejoliSourceRecord.kind`.
    SourceRecordKind in "kind of a source row" {
        /// An affiliate.
        Affiliate = "affiliate",
        /// A membership.
        Membership = "membership",
        /// No row of a source: what plans have opened to a person, whose user id is the key.
        Access = "access",
        /// A commission that counts as paid by what an affiliate's row says: the key is the order's number, the target
        /// the conversion.
        PaidCommission = "paid-commission",
        /// A commission of Sejoli's, of any tier. The target is the decision in whose wallet its affiliate's code is
        /// settled.
        Commission = "commission",
        /// No row of a source: what a person has decided of two accounts that may be one person. The key is that of the pair.
        Pair = "pair",
    }
}

text_words! {
    /// Whether it is known who an affiliate is: `SejoliAffiliateMapping.mappingStatus`. The app writes it,
    /// too; a word that is none of these counts as decided by the app, and not as verified.
    MappingStatus in "status of a mapping" {
        /// A person has to decide.
        Pending = "PENDING",
        /// The affiliate is a user of the app.
        Verified = "VERIFIED",
        /// The app wants nothing of the affiliate.
        Rejected = "REJECTED",
    }
}

text_words! {
    /// What an import enters into a wallet's ledger: `WalletTransaction.type`. The app has more of them.
    LedgerKind in "type of a ledger entry" {
        /// What an order has earned.
        Commission = "COMMISSION",
        /// What Sejoli has paid out.
        Payout = "PAYOUT",
        /// What Sejoli has paid out beyond the earnings.
        Adjustment = "ADJUSTMENT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::value::{Field as _, Value};

    #[test]
    fn a_word_is_read_as_it_is_written_and_another_one_is_named() {
        let state = RunState::from_value(RunState::RollingBack.into_value()).expect("a state");
        assert_eq!(state, RunState::RollingBack);
        let error = RunState::from_value(Value::Text("PAUSED".to_owned())).expect_err("no state");
        assert_eq!(error.to_string(), "expected a state of a run, but \"PAUSED\" is stored");
    }
}
