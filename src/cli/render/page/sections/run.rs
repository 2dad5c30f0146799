//! The run itself: its books, its times, its files and by what it has written.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{
    Bar, Block, Chart, ChartForm, Colour, ColumnKind, PageCell, PageTable, Scale, Section, Tone,
};
use crate::domain::books::{Books, RowsAndAmount};
use crate::domain::date::SourceZone;
use crate::domain::run_kind::RunKind;
use crate::domain::source_kind::SourceKind;
use crate::language::Language;
use crate::reconciliation::Tally;
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(
    report: &FullReport,
    language: Language,
    zone: SourceZone,
) -> Section {
    let mut blocks = vec![
        Block::Text(
            language
                .of(
                    "Of this run alone. What the whole database holds stands above, and the two are never mixed in one \
                     table.",
                    "Hanya untuk proses ini. Isi seluruh basis data ada di atas; keduanya tidak pernah dicampur dalam \
                     satu tabel.",
                )
                .to_owned(),
        ),
    ];
    blocks.extend(read(report, language));
    blocks.push(written(report, language));
    blocks.extend(chart(report, language).map(Block::Chart));
    let tables = [timing(report, language), files(report, language), facts(report, language, zone)];
    blocks.extend(tables.into_iter().filter(|table| !table.rows.is_empty()).map(Block::Table));
    let title = language.of("The run", "Proses impor").to_owned();
    Section { id: "run", title, blocks }
}

/// The records that the run has read. One that carries out decisions reads none, of which there is nothing to say.
fn read(report: &FullReport, language: Language) -> Option<Block> {
    if report.run.phases.iter().any(|(_, books)| books.read.rows > 0) {
        return Some(Block::Table(books(report, language)));
    }
    let words = language.of("No record was read.", "Tidak ada catatan yang dibaca.");
    RunKind::of(&report.run.command).is_import().then(|| Block::Text(words.to_owned()))
}

/// The rows that the run has written, by table.
fn written(report: &FullReport, language: Language) -> Block {
    let books = Books::of_all(&report.run.phases);
    if books.tables.is_empty() {
        return Block::Text(language.of("No row was written.", "Tidak ada baris yang ditulis.").to_owned());
    }
    let columns = [
        (language.of("Table", "Tabel"), ColumnKind::Text),
        (language.of("Created", "Dibuat"), ColumnKind::Number),
        (language.of("Updated", "Diperbarui"), ColumnKind::Number),
        (language.of("Taken back", "Ditarik kembali"), ColumnKind::Number),
    ];
    let title = language.of("Rows written", "Baris yang ditulis");
    let mut table = PageTable::new("rows", title, &columns).showing(usize::MAX);
    for (name, tally) in &books.tables {
        let mut cells = vec![PageCell::Code(name.clone())];
        cells.extend([tally.created, tally.updated, tally.deleted].map(count));
        table.row(cells);
    }
    Block::Table(table)
}

fn count(number: u64) -> PageCell {
    PageCell::Count(i64::try_from(number).unwrap_or(i64::MAX))
}

fn tally(column: RowsAndAmount, has_money: bool) -> PageCell {
    let count = i64::try_from(column.rows).unwrap_or(i64::MAX);
    if has_money { PageCell::Tally(Tally { count, amount: column.amount }) } else { PageCell::Count(count) }
}

fn books(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Records", "Catatan"), ColumnKind::Text),
        (language.of("Read", "Dibaca"), ColumnKind::Tally),
        (language.of("Created", "Dibuat"), ColumnKind::Tally),
        (language.of("Updated", "Diperbarui"), ColumnKind::Tally),
        (language.of("There already", "Sudah ada"), ColumnKind::Tally),
        (language.of("Held", "Ditahan"), ColumnKind::Tally),
        (language.of("Rejected", "Ditolak"), ColumnKind::Tally),
        (language.of("Amount unreadable", "Nominal tidak terbaca"), ColumnKind::Number),
    ];
    let mut table = PageTable::new("books", language.of("Books", "Pembukuan"), &columns).noted(language.of(
        "Read = created + updated + there already + held + rejected. Amounts are those of orders, of all statuses.",
        "Dibaca = dibuat + diperbarui + sudah ada + ditahan + ditolak. Nominal adalah nilai pesanan, semua status.",
    ));
    let mut is_balanced = true;
    for (name, books) in report.run.phases.iter().filter(|(_, books)| books.read.rows > 0) {
        let has_money = name == SourceKind::Orders.name();
        let balance = books.balance();
        is_balanced &= balance.is_ok();
        let columns = [books.read, books.created, books.updated, books.unchanged, books.held, books.rejected];
        let mut cells = vec![PageCell::Text(labels::phase(name, language))];
        cells.extend(columns.map(|column| tally(column, has_money)));
        cells.push(match has_money {
            true => count(books.read.unreadable),
            false => PageCell::Empty,
        });
        table.row(cells).tone = if balance.is_ok() { Tone::Plain } else { Tone::Bad };
    }
    let text = match is_balanced {
        true => language.of(
            "Adds up: every record and every rupiah of each line is accounted for.",
            "Cocok: setiap catatan dan setiap rupiah di tiap baris dipertanggungjawabkan.",
        ),
        false => language.of(
            "Does not add up: a line's columns are not what was read.",
            "Tidak cocok: kolom sebuah baris tidak sama dengan yang dibaca.",
        ),
    };
    table.check(is_balanced, text.to_owned());
    table
}

fn chart(report: &FullReport, language: Language) -> Option<Chart> {
    let bar = |phase: &crate::report::timing::PhaseTime| Bar {
        label: labels::phase(&phase.phase, language),
        from: 0,
        to: phase.milliseconds,
        value: language.span(phase.milliseconds),
        colour: Colour::Main,
    };
    let bars: Vec<Bar> = report.timing.iter().filter(|phase| phase.milliseconds > 0).map(bar).collect();
    let title = language.of("Time by phase", "Waktu per tahap");
    (!bars.is_empty()).then(|| Chart {
        id: "chart-time".to_owned(),
        title: title.to_owned(),
        description: format!(
            "{title}. {}",
            language.of("The table below has the numbers.", "Angka-angkanya ada di tabel di bawah.")
        ),
        scale: Scale::Time,
        unit: language.of("seconds", "detik").to_owned(),
        picture: ChartForm::Bars { bars, legend: Vec::new() },
    })
}

fn timing(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Phase", "Tahap"), ColumnKind::Text),
        (language.of("Batches", "Kelompok"), ColumnKind::Number),
        (language.of("Records", "Catatan"), ColumnKind::Number),
        (language.of("Time", "Waktu"), ColumnKind::Number),
        (language.of("Records a second", "Catatan per detik"), ColumnKind::Number),
    ];
    let title = language.of("Time and rate", "Waktu dan laju");
    let mut table = PageTable::new("timing", title, &columns).noted(language.of(
        "From the app's own log of imports, batch by batch.",
        "Dari log impor aplikasi sendiri, per kelompok.",
    ));
    for phase in &report.timing {
        table.row(vec![
            PageCell::Text(labels::phase(&phase.phase, language)),
            count(phase.batches),
            count(phase.records),
            PageCell::Text(language.span(phase.milliseconds)),
            phase.per_second.map_or(PageCell::Empty, count),
        ]);
    }
    table
}

fn files(report: &FullReport, language: Language) -> PageTable {
    let columns = [
        (language.of("Kind", "Jenis"), ColumnKind::Text),
        (language.of("File", "Berkas"), ColumnKind::Text),
        ("BLAKE3", ColumnKind::Text),
    ];
    let mut table =
        PageTable::new("files", language.of("Files that were read", "Berkas yang dibaca"), &columns);
    for file in &report.details.files {
        table.row(vec![
            PageCell::Text(labels::phase(&file.kind, language)),
            PageCell::Code(file.name.clone()),
            PageCell::Code(file.blake3.clone()),
        ]);
    }
    table
}

fn facts(report: &FullReport, language: Language, zone: SourceZone) -> PageTable {
    let (run, details) = (&report.run, &report.details);
    let columns =
        [(language.of("What", "Hal"), ColumnKind::Text), (language.of("Value", "Nilai"), ColumnKind::Text)];
    let title = language.of("Environment and conventions", "Lingkungan dan konvensi");
    let mut table = PageTable::new("environment", title, &columns).showing(usize::MAX);
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            table.row(vec![PageCell::Text(name.to_owned()), PageCell::Code(value)]);
        }
    };
    add(language.of("Run", "Proses"), run.run.clone());
    add(language.of("Command", "Perintah"), RunKind::of(&run.command).typed());
    add(language.of("State", "Keadaan"), labels::word(run.state.as_str(), language));
    add(language.of("Began", "Dimulai"), format!("{} {zone}", language.time(run.started_at, zone)));
    let ended = run.finished_at.map(|at| format!("{} {zone}", language.time(at, zone)));
    add(language.of("Ended", "Selesai"), ended.unwrap_or_default());
    let took = run.finished_at.map(|at| language.span(at.0 - run.started_at.0));
    add(language.of("Took", "Lamanya"), took.unwrap_or_default());
    add(language.of("Retry of run", "Ulangan dari proses"), details.parent.clone().unwrap_or_default());
    add(language.of("Part", "Bagian"), details.partition.clone().unwrap_or_default());
    add(language.of("Database", "Basis data"), report.database.clone());
    add(language.of("Written by release", "Ditulis oleh versi"), details.tool_version.clone());
    add(language.of("Page made by release", "Halaman dibuat oleh versi"), report.made_by.clone());
    add(language.of("Source's zone", "Zona waktu sumber"), details.zone.clone());
    add(language.of("Order of dates", "Urutan tanggal"), details.date_order.clone());
    add(language.of("Repeated numbers", "Nomor berulang"), details.on_duplicate.clone());
    let as_of = details.as_of.map(|at| format!("{} {zone}", language.time(at, zone)));
    add(language.of("Taken as now", "Waktu acuan"), as_of.unwrap_or_default());
    let purged = details.purged_at.map(|at| format!("{} {zone}", language.time(at, zone)));
    add(language.of("Purged", "Dihapus (purge)"), purged.unwrap_or_default());
    for (key, value) in &details.conventions {
        add(&format!("{}: {key}", language.of("Convention", "Konvensi")), value.clone());
    }
    for (key, value) in &details.convention_evidence {
        add(&format!("{}: {key}", language.of("Evidence", "Bukti")), value.clone());
    }
    table
}
