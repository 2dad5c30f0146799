//! Findings by kind, with the places of the first rows that they kept out.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageTable, Section, Tone};
use crate::domain::kept_reason;
use crate::language::{Language, said_or_same};
use crate::report::findings::RowPlace;
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let blocks = vec![Block::Table(findings(report, language)), Block::Table(places(report, language))];
    let title = language.of("Findings of this run", "Temuan proses ini").to_owned();
    Section { id: "findings", title, blocks }
}

fn findings(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("Severity", "Tingkat"), ColumnKind::Text),
        (language.of("Files", "Berkas"), ColumnKind::Text),
        (language.of("What it means", "Artinya"), ColumnKind::Text),
        (language.of("What to do", "Yang dilakukan"), ColumnKind::Text),
        (language.of("Found", "Ditemukan"), ColumnKind::Number),
        (language.of("Rows kept out", "Baris ditahan"), ColumnKind::Number),
    ];
    let title = language.of("By code", "Per kode");
    let mut table = PageTable::new("findings", title, &columns).showing(usize::MAX);
    for row in &report.findings {
        let found = i64::try_from(row.found).unwrap_or(i64::MAX);
        let kept_out = if row.kept_out == 0 { PageCell::Empty } else { PageCell::Count(row.kept_out) };
        table
            .row(vec![
                PageCell::Code(row.code.clone()),
                PageCell::Text(labels::word(&row.severity, language)),
                PageCell::Text(labels::phase(&row.kind, language)),
                PageCell::Text(said_or_same(&row.meaning).to_owned()),
                PageCell::Text(said_or_same(&row.advice).to_owned()),
                PageCell::Count(found),
                kept_out,
            ])
            .tone = if row.kept_out > 0 { Tone::Review } else { Tone::Plain };
    }
    let kept_out: i64 = report.findings.iter().map(|row| row.kept_out).sum();
    let waiting: i64 = report.run.waiting.iter().map(|(.., rows)| *rows).sum();
    let words = language.of("rows of this run wait", "baris proses ini menunggu");
    let text = match kept_out == waiting {
        true => format!("{}: {} {words}", language.of("Adds up", "Cocok"), language.number(waiting)),
        false => format!(
            "{}: {} ≠ {} {words}",
            language.of("Does not add up", "Tidak cocok"),
            language.number(kept_out),
            language.number(waiting)
        ),
    };
    table.check(kept_out == waiting, text);
    table
}

fn places(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("File", "Berkas"), ColumnKind::Text),
        (language.of("Line", "Baris"), ColumnKind::Number),
        (language.of("What is wrong", "Yang salah"), ColumnKind::Text),
    ];
    let title = language.of("Where the first rows stand", "Letak baris-baris pertama");
    let mut table = PageTable::new("finding-places", title, &columns)
        .noted(language.of(
            "Up to five rows of each kind and code. The rejects files in the run's folder have all of them.",
            "Paling banyak lima baris per jenis dan kode. Berkas penolakan di folder proses memuat semuanya.",
        ))
        .showing(80);
    for row in &report.findings {
        for RowPlace { file, line, reason } in &row.places {
            table.row(vec![
                PageCell::Code(row.code.clone()),
                PageCell::Code(file.clone()),
                PageCell::Count(*line),
                PageCell::Text(kept_reason::spoken(reason)),
            ]);
        }
    }
    table
}
