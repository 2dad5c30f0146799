//! May the shop go live, and why not.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageTable, Section, Tone};
use crate::language::Language;
use crate::report::full::FullReport;
use crate::report::verdict::Answer;

pub(in crate::cli::render::page) fn section(
    report: &FullReport,
    go_on: Option<&str>,
    language: Language,
) -> Section {
    let mut blocks = Vec::new();
    if let Some(command) = go_on {
        let words = language.of(
            "A run was interrupted, and nobody is at work on it. This goes on with it:",
            "Sebuah proses terputus dan tidak ada yang menjalankannya. Perintah untuk melanjutkan:",
        );
        blocks.push(Block::Text(format!("{words} `{command}`")));
    }
    let mut table = PageTable::new(
        "verdict",
        language.of("What stands against it", "Yang masih menghalangi"),
        &[
            (language.of("What", "Hal"), ColumnKind::Text),
            (language.of("Means", "Artinya"), ColumnKind::Text),
            (language.of("How many", "Jumlah"), ColumnKind::Number),
            (language.of("Amount", "Nominal"), ColumnKind::Number),
        ],
    );
    for reason in &report.verdict.reasons {
        let (means, tone) = match reason.answer {
            Answer::No => (language.of("no", "belum"), Tone::Bad),
            Answer::AfterDecisions => (language.of("decide", "putuskan"), Tone::Review),
            Answer::Yes => (language.of("to do", "kerjakan"), Tone::Plain),
        };
        let amount =
            reason.amount.filter(|amount| !amount.is_zero()).map_or(PageCell::Empty, PageCell::Money);
        table
            .row(vec![
                PageCell::Text(labels::reason(reason.key, language)),
                PageCell::Text(means.to_owned()),
                PageCell::Count(reason.count),
                amount,
            ])
            .tone = tone;
    }
    let adds_up = report.reconciliation.adds_up();
    table.check(
        adds_up,
        match adds_up {
            true => language.of(
                "Every table of money on this page adds up, to the last rupiah.",
                "Semua tabel uang di halaman ini cocok sampai rupiah terakhir.",
            ),
            false => language.of(
                "Some tables of money do not add up; they are marked in red.",
                "Ada tabel uang yang tidak cocok; ditandai merah.",
            ),
        }
        .to_owned(),
    );
    blocks.push(Block::Table(table));
    blocks.push(Block::Text(
        language
            .of(
                "This page adds up what the database holds and looks at the app's pages. That each row is what its source \
                 said is proved by `sejoli-migrate verify`; run it with the exports before you sign.",
                "Halaman ini menjumlahkan isi basis data dan melihat halaman aplikasi. Bahwa setiap baris sesuai sumbernya dibuktikan oleh \
                 `sejoli-migrate verify`; jalankan dengan berkas ekspor sebelum menandatangani.",
            )
            .to_owned(),
    ));
    Section { id: "verdict", title: language.of("Verdict", "Putusan").to_owned(), blocks }
}
