//! Memberships by plan and expiry.

use crate::cli::render::page::model::{
    Bar, Block, Chart, ChartForm, Colour, ColumnKind, PageCell, PageRow, PageTable, Scale, Section, Tone,
};
use crate::cli::render::page::sections::orders::without_empty_columns;
use crate::language::Language;
use crate::report::full::FullReport;
use crate::report::plans::PlanRow;

/// The columns behind the plan and all of it.
fn terms(language: Language) -> [&'static str; 8] {
    [
        language.of("For ever", "Seumur hidup"),
        language.of("Ends after a year", "Berakhir setelah setahun"),
        language.of("Within a year", "Dalam setahun"),
        language.of("Within 90 days", "Dalam 90 hari"),
        language.of("Within 30 days", "Dalam 30 hari"),
        language.of("Active, but over", "Aktif, tetapi lewat"),
        language.of("Expired", "Kedaluwarsa"),
        language.of("Other status", "Status lain"),
    ]
}

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let mut blocks = Vec::new();
    let sums = report.plans.iter().map(PlanRow::columns).fold([0; 8], |sums, row| {
        let mut sums = sums;
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        sums
    });
    if !report.plans.is_empty() {
        blocks.push(Block::Chart(chart(sums, language)));
    }
    blocks.push(Block::Table(table(report, sums, language)));
    let title = language.of("Memberships", "Keanggotaan").to_owned();
    Section { id: "memberships", title, blocks }
}

fn chart(sums: [i64; 8], language: Language) -> Chart {
    let colour = |at: usize| match at {
        0..=2 => Colour::Main,
        3 | 4 => Colour::Wait,
        5 => Colour::Minus,
        _ => Colour::Past,
    };
    let bars = terms(language).into_iter().zip(sums).enumerate().filter(|(_, (_, count))| *count > 0);
    let bar = |(at, (label, count)): (usize, (&str, i64))| Bar {
        label: label.to_owned(),
        from: 0,
        to: count,
        value: language.number(count),
        colour: colour(at),
    };
    let title = language.of("Memberships by when they end", "Keanggotaan menurut waktu berakhir");
    Chart {
        id: "chart-memberships".to_owned(),
        title: title.to_owned(),
        description: format!(
            "{title}. {}",
            language.of("The table below has the numbers.", "Angka-angkanya ada di tabel di bawah.")
        ),
        scale: Scale::Count,
        unit: language.of("memberships", "keanggotaan").to_owned(),
        picture: ChartForm::Bars { bars: bars.map(bar).collect(), legend: Vec::new() },
    }
}

fn table(report: &FullReport, sums: [i64; 8], language: Language) -> PageTable {
    let mut columns = vec![
        (language.of("Plan", "Paket"), ColumnKind::Text),
        (language.of("All", "Semua"), ColumnKind::Number),
    ];
    columns.extend(terms(language).map(|title| (title, ColumnKind::Number)));
    let title = language.of("By plan and expiry", "Per paket dan masa berlaku");
    let mut table = PageTable::new("memberships", title, &columns);
    for plan in &report.plans {
        let mut cells = vec![PageCell::Text(plan.plan.clone()), PageCell::Count(plan.all)];
        cells.extend(plan.columns().map(PageCell::Count));
        table.row(cells);
    }
    let all: i64 = report.plans.iter().map(|plan| plan.all).sum();
    let mut cells =
        vec![PageCell::Text(language.of("All plans", "Semua paket").to_owned()), PageCell::Count(all)];
    cells.extend(sums.map(PageCell::Count));
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 2);
    let by_status: i64 = report.run.memberships.iter().map(|(_, count)| *count).sum();
    let holds = all == by_status && sums.iter().sum::<i64>() == all;
    let text = match holds {
        true => format!(
            "{}: {} {}",
            language
                .of("Adds up: all imported memberships are", "Cocok: semua keanggotaan terimpor berjumlah"),
            language.number(by_status),
            ""
        )
        .trim_end()
        .to_owned(),
        false => format!(
            "{}: {} ≠ {}",
            language.of("Does not add up", "Tidak cocok"),
            language.number(all),
            language.number(by_status)
        ),
    };
    table.check(holds, text);
    table
}
