//! What a person should look over: rows outside of the app, high amounts, and commissions that do not fit.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageRow, PageTable, Section, Tone};
use crate::domain::date::SourceZone;
use crate::domain::finding::Code;
use crate::language::Language;
use crate::reconciliation::Reconciliation;
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let reconciliation = &report.reconciliation;
    Section {
        id: "review",
        title: language.of("To look over", "Perlu ditinjau").to_owned(),
        blocks: vec![
            Block::Table(waiting(reconciliation, language)),
            Block::Table(high(reconciliation, language)),
            Block::Table(mismatches(reconciliation, language)),
        ],
    }
}

fn waiting(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("What keeps the rows out", "Penyebab baris belum masuk"), ColumnKind::Text),
        (language.of("Rows", "Baris"), ColumnKind::Tally),
        (language.of("Amount unreadable", "Nominal tidak terbaca"), ColumnKind::Number),
    ];
    let title = language.of("Orders outside of the app", "Pesanan di luar aplikasi");
    let mut table = PageTable::new("orders-waiting", title, &columns).noted(language.of(
        "Of all runs that stand: where several have left out the same row, the newest one counts.",
        "Dari semua proses yang berlaku: jika beberapa proses menolak baris yang sama, yang terbaru dihitung.",
    ));
    for code in &reconciliation.waiting.by_code {
        let meaning = Code::find(&code.code).map_or("", |code| code.info().spoken_meaning());
        table.row(vec![
            PageCell::Code(code.code.clone()),
            PageCell::Text(meaning.to_owned()),
            PageCell::Tally(code.rows),
            PageCell::Count(code.unreadable),
        ]);
    }
    let all = reconciliation.waiting.all();
    let sum = reconciliation.waiting.by_code.iter().map(|code| code.rows).sum();
    let cells = vec![
        PageCell::Text(language.of("All", "Semua").to_owned()),
        PageCell::Empty,
        PageCell::Tally(sum),
        PageCell::Count(reconciliation.waiting.unreadable),
    ];
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    let text = match sum == all {
        true => format!(
            "{}: {}",
            language.of(
                "Adds up: rejected, held and unreadable orders of the reconciliation",
                "Cocok: pesanan ditolak, ditahan, dan tidak terbaca pada rekonsiliasi"
            ),
            PageCell::Tally(all).shown(language)
        ),
        false => language
            .of("Does not add up with the reconciliation.", "Tidak cocok dengan rekonsiliasi.")
            .to_owned(),
    };
    table.check(sum == all, text);
    table
}

fn high(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Order", "Pesanan"), ColumnKind::Text),
        (language.of("Placed", "Dibuat"), ColumnKind::Text),
        (language.of("Status", "Status"), ColumnKind::Text),
        (language.of("Product", "Produk"), ColumnKind::Text),
        (language.of("Buyer", "Pembeli"), ColumnKind::Text),
        (language.of("Amount", "Nominal"), ColumnKind::Number),
    ];
    let review = &reconciliation.review;
    let zone: SourceZone = reconciliation.zone.parse().unwrap_or(SourceZone::JAKARTA);
    let note = match language {
        Language::En => format!(
            "Orders of {} and more: {}. One mistyped amount distorts every total.",
            language.money(review.high_from),
            PageCell::Tally(review.high_total).shown(language)
        ),
        Language::Id => format!(
            "Pesanan {} ke atas: {}. Satu salah ketik mengubah semua total.",
            language.money(review.high_from),
            PageCell::Tally(review.high_total).shown(language)
        ),
    };
    let title = language.of("High amounts", "Nominal tinggi");
    let mut table = PageTable::new("high-amounts", title, &columns).noted(note).showing(25);
    for order in &review.high {
        table.row(vec![
            PageCell::Code(order.order.clone()),
            PageCell::Text(language.time(order.placed_at, zone)),
            PageCell::Text(labels::word(&order.status, language)),
            PageCell::Text(order.product.clone()),
            PageCell::Text(order.buyer.clone()),
            PageCell::Money(order.amount),
        ]);
    }
    table
}

fn mismatches(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Order", "Pesanan"), ColumnKind::Text),
        (language.of("Affiliate", "Afiliasi"), ColumnKind::Text),
        (language.of("Amount", "Nominal"), ColumnKind::Number),
        (language.of("Rate", "Tarif"), ColumnKind::Number),
        (language.of("Rate × amount", "Tarif × nominal"), ColumnKind::Number),
        (language.of("Recorded", "Tercatat"), ColumnKind::Number),
        (language.of("Difference", "Selisih"), ColumnKind::Number),
    ];
    let review = &reconciliation.review;
    let note = match language {
        Language::En => format!(
            "{} paid orders; the recorded commission counts. Beyond rate times amount in total: {}.",
            language.number(review.mismatch_total.count),
            language.money(review.mismatch_total.amount)
        ),
        Language::Id => format!(
            "{} pesanan lunas; komisi yang tercatat yang berlaku. Selisih dari tarif kali nominal seluruhnya: {}.",
            language.number(review.mismatch_total.count),
            language.money(review.mismatch_total.amount)
        ),
    };
    let title = language
        .of("Commissions that are not rate times amount", "Komisi yang tidak sama dengan tarif kali nominal");
    let mut table = PageTable::new("commission-mismatches", title, &columns).noted(note).showing(25);
    for mismatch in &review.mismatches {
        table.row(vec![
            PageCell::Code(mismatch.order.clone()),
            PageCell::Code(mismatch.code.clone()),
            PageCell::Money(mismatch.amount),
            PageCell::Text(mismatch.rate.to_string()),
            PageCell::Money(mismatch.due),
            PageCell::Money(mismatch.recorded),
            PageCell::Money(mismatch.difference),
        ]);
    }
    table
}
