//! Integrity: no orphan, no duplicate, one form of dates, only words that the app knows.

use crate::language::tr;
use crate::store::codec::record::{Record as _, Table};
use crate::store::queries::integrity::{Inconsistency, distinct_words, rows_of, time_storage_classes};
use crate::store::schema::tables::{
    AffiliateMapping, JOURNALED, Membership, MembershipDuration, Role, Transaction, TransactionStatus,
    TransactionType, User, UserMembership, UserRole, WebhookLog,
};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;

/// Holds the database against itself.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    compare_logs(store, context, check)?;
    store.over_whole_tables(|store| {
        compare_rows(store, check)?;
        compare_times(store, check)?;
        compare_words(store, check)
    })
}

fn compare_logs(store: &mut Store, context: &VerifyContext, check: &mut VerifyCheck) -> anyhow::Result<()> {
    check.rows += 1;
    check.values += 1;
    for order in &context.orders_without_log(store)?.imported {
        let what = tr!("Transaction of an import without its webhook log");
        check.differ(format!("{what}: {}", order.transaction_id));
    }
    Ok(())
}

fn compare_rows(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let found = store.answer(DeferredQuery::all(Inconsistency::ALL.map(|kind| rows_of(store, kind))))?;
    for (kind, ids) in Inconsistency::ALL.into_iter().zip(found) {
        check.rows += 1;
        check.values += 1;
        for id in ids {
            check.differ(format!("{}: {}", description(kind), id.unwrap_or_default()));
        }
    }
    Ok(())
}

fn description(kind: Inconsistency) -> &'static str {
    match kind {
        Inconsistency::ConversionWithoutProfile => {
            tr!("AffiliateConversion whose affiliateId is no profile's")
        }
        Inconsistency::ConversionWithoutTransaction => tr!("AffiliateConversion without a transaction"),
        Inconsistency::TransactionWithoutUser => tr!("Transaction without a user"),
        Inconsistency::MembershipWithoutUserOrPlan => tr!("UserMembership without a user or a membership"),
        Inconsistency::MembershipWithoutTransaction => tr!("UserMembership whose transaction is gone"),
        Inconsistency::WalletWithoutUser => tr!("Wallet without a user"),
        Inconsistency::LedgerEntryWithoutWallet => tr!("WalletTransaction without a wallet"),
        Inconsistency::ProfileWithoutUser => tr!("AffiliateProfile without a user"),
        Inconsistency::VerifiedMappingWithoutProfile => tr!("verified affiliate without a profile"),
        Inconsistency::RepeatedOrder => tr!("Sejoli order in several transactions"),
        Inconsistency::RepeatedInvoiceNumber => tr!("invoice number of several transactions"),
        Inconsistency::RepeatedLog => tr!("order in several webhook logs"),
        Inconsistency::RepeatedEmail => tr!("e-mail address of several users, whatever the case"),
        Inconsistency::RepeatedConversion => tr!("conversion twice for one transaction"),
        Inconsistency::NegativeAmount => tr!("negative amount"),
        Inconsistency::NegativeCommission => tr!("negative commission"),
    }
}

/// SQLite keeps a date in whatever form it was written in, and compares two forms wrongly; other
/// engines have a type for dates.
fn compare_times(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let mut first: Option<String> = None;
    for table in JOURNALED {
        let Some(classes) = time_storage_classes(store, table)? else { continue };
        check.rows += 1;
        for found in classes.into_iter().filter(|class| class != "null") {
            let first = first.get_or_insert_with(|| found.clone());
            check.compare(*first == found, || tr!("{}: a date as {found}, others as {first}", table.name));
        }
    }
    Ok(())
}

/// A column of words, and whether the app knows a word.
type Vocabulary = (&'static Table, &'static str, fn(&str) -> bool);

const VOCABULARIES: [Vocabulary; 8] = [
    (Transaction::TABLE, "type", |word| TransactionType::from_word(word).is_some()),
    (Transaction::TABLE, "status", |word| TransactionStatus::from_word(word).is_some()),
    (Membership::TABLE, "duration", |word| MembershipDuration::from_word(word).is_some()),
    (UserMembership::TABLE, "status", |word| matches!(word, "ACTIVE" | "EXPIRED" | "CANCELLED" | "PENDING")),
    (AffiliateMapping::TABLE, "mappingStatus", |word| matches!(word, "PENDING" | "VERIFIED" | "REJECTED")),
    (WebhookLog::TABLE, "orderStatus", |word| matches!(word, "PENDING" | "PAID" | "EXPIRED" | "REFUNDED")),
    (User::TABLE, "role", |word| Role::from_word(word).is_some()),
    (UserRole::TABLE, "role", |word| Role::from_word(word).is_some()),
];

fn compare_words(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let known: Vec<Vocabulary> =
        VOCABULARIES.into_iter().filter(|(table, ..)| store.has_table(table.name)).collect();
    let words = known.iter().map(|(table, column, _)| distinct_words(store, table, column));
    let words = DeferredQuery::all(words.collect::<Vec<_>>());
    for ((table, column, is_known), words) in known.into_iter().zip(store.answer(words)?) {
        check.rows += 1;
        for word in words {
            let word = word.unwrap_or_default();
            check.compare(is_known(&word), || {
                tr!("{}.{column}: \"{word}\" is not a word that the app knows", table.name)
            });
        }
    }
    Ok(())
}
