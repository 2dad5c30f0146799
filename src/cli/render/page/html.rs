//! The page as one HTML file: nothing is fetched, and nothing needs a script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::cli::render::page::chart;
use crate::cli::render::page::model::{
    Block, ColumnKind, PageCell, PageRow, PageTable, ReportPage, Section, Tone,
};
use crate::cli::render::page::style::STYLE;
use crate::language::Language;

/// Tables with more columns than this are printed across the sheet.
const COLUMNS_UPRIGHT: usize = 7;

/// The page.
pub(crate) fn page(page: &ReportPage) -> String {
    let language = page.language;
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="page" {
                    header {
                        h1 { (page.title) }
                        ul class="subtitle" { @for line in &page.subtitle { li { (line) } } }
                        p class=(format!("answer {}", tone(page.answer_tone))) { (page.answer) }
                        nav aria-label=(language.of("Contents", "Isi")) {
                            ul { @for section in &page.sections { li { a href=(format!("#{}", section.id)) { (section.title) } } } }
                        }
                    }
                    main { @for section in &page.sections { (self::section(section, language)) } }
                    footer {
                        (language.of(
                            "One file, without script or network. Long tables are cut here; the XLSX and the CSV files have all rows.",
                            "Satu berkas, tanpa skrip dan jaringan. Tabel panjang dipotong di sini; berkas XLSX dan CSV memuat semua baris.",
                        ))
                    }
                }
            }
        }
    }
    .into_string()
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Good => "good",
        Tone::Review => "review",
        Tone::Bad => "bad",
    }
}

fn section(section: &Section, language: Language) -> Markup {
    html! {
        section id=(section.id) aria-labelledby=(format!("{}-title", section.id)) {
            h2 id=(format!("{}-title", section.id)) { (section.title) }
            @for block in &section.blocks {
                @match block {
                    Block::Text(text) => p class="soft" { (marked(text)) },
                    Block::Chart(chart) => (chart::figure(chart, language)),
                    Block::Table(table) => (self::table(table, language)),
                }
            }
        }
    }
}

fn table(table: &PageTable, language: Language) -> Markup {
    let across = is_across(table);
    let title = format!("table-{}", table.id);
    html! {
        div class=(if across { "table across" } else { "table" }) {
            h3 id=(title) { (table.title) }
            @if !table.note.is_empty() { p class="note" { (table.note) } }
            @if across && has_money(table) { p class="note" { (in_rupiah(table, language)) } }
            @if table.rows.is_empty() {
                p class="empty" { (language.of("Nothing.", "Tidak ada.")) }
            } @else {
                div class="scroll" tabindex="0" role="group" aria-labelledby=(title) {
                    table aria-labelledby=(title) {
                        thead { tr { @for column in &table.columns {
                            th scope="col" class=[(column.kind != ColumnKind::Text).then_some("number")] { (column.title) }
                        } } }
                        tbody {
                            @for row in table.rows.iter().take(table.shown) { (self::row(row, table, language)) }
                            @if let Some((count, cells)) = table.rest() { (rest(count, &cells, table, language)) }
                        }
                        @if let Some(total) = &table.total { tfoot { (self::row(total, table, language)) } }
                    }
                }
            }
            @for check in &table.checks {
                p class=(if check.holds { "check" } else { "check bad" }) { (check.text.replace("Rp ", "Rp\u{a0}")) }
            }
        }
    }
}

fn row(row: &PageRow, table: &PageTable, language: Language) -> Markup {
    let classes = match (row.is_total, tone(row.tone)) {
        (true, tone) => format!("sum {tone}"),
        (false, tone) => tone.to_owned(),
    };
    let mark = match row.tone {
        Tone::Bad => Some("✗"),
        Tone::Review => Some("!"),
        Tone::Plain | Tone::Good => None,
    };
    // The sign goes before the first words of the row.
    let marked = row.cells.iter().position(
        |cell| matches!(cell, PageCell::Text(text) | PageCell::Code(text) if text.chars().count() > 1),
    );
    html! {
        tr class=[Some(classes.trim()).filter(|classes| !classes.is_empty())] {
            @for (at, cell) in row.cells.iter().enumerate() {
                (self::cell(cell, at, mark.filter(|_| marked == Some(at)), table, language))
            }
        }
    }
}

fn cell(cell: &PageCell, at: usize, mark: Option<&str>, table: &PageTable, language: Language) -> Markup {
    let across = is_across(table);
    let money = |amount| {
        let shown = language.money(amount);
        if across { shown.replacen("Rp ", "", 1) } else { shown }
    };
    let is_words = table.columns.get(at).is_none_or(|column| column.kind == ColumnKind::Text);
    let class = match cell {
        PageCell::Text(text) if is_words && text.chars().count() > 70 => "words long",
        PageCell::Text(text) if is_words && text.chars().count() > 12 => "words",
        PageCell::Text(_) if is_words => "short",
        PageCell::Code(text) if is_words && text.chars().count() <= 24 => "short",
        _ if is_words => "",
        _ => "number",
    };
    html! {
        td class=[Some(class).filter(|class| !class.is_empty())] {
            @if let Some(mark) = mark { span class="mark" { (mark) } }
            @match cell {
                PageCell::Text(text) => (marked(text)),
                PageCell::Code(text) => code { (text) },
                PageCell::Count(0) if across => span class="soft" { "–" },
                PageCell::Count(count) => (language.number(*count)),
                PageCell::Money(amount) if across && amount.is_zero() => span class="soft" { "–" },
                PageCell::Money(amount) => (money(*amount)),
                PageCell::Tally(tally) if tally.is_zero() => span class="soft" { "–" },
                PageCell::Tally(tally) => {
                    (money(tally.amount))
                    small { (language.number(tally.count)) }
                },
                PageCell::Empty => {},
            }
        }
    }
}

fn rest(count: usize, cells: &[PageCell], table: &PageTable, language: Language) -> Markup {
    let count = language.number(i64::try_from(count).unwrap_or(i64::MAX));
    let words = match language {
        Language::En => format!("… and {count} more; the rest in the XLSX"),
        Language::Id => format!("… dan {count} lagi; selebihnya di XLSX"),
    };
    // The words take the columns that hold no sum.
    let spanned = table.columns.iter().take_while(|column| column.kind == ColumnKind::Text).count().max(1);
    html! {
        tr class="rest" {
            td colspan=(spanned) { (words) }
            @for (at, cell) in cells.iter().enumerate().skip(spanned) {
                (self::cell(cell, at, None, table, language))
            }
        }
    }
}

fn is_across(table: &PageTable) -> bool {
    table.columns.len() > COLUMNS_UPRIGHT
}

fn has_money(table: &PageTable) -> bool {
    table
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .any(|cell| matches!(cell, PageCell::Money(_) | PageCell::Tally(_)))
}

/// Where many columns hold amounts, each of them is shorter without its currency.
fn in_rupiah(table: &PageTable, language: Language) -> &'static str {
    match table.columns.iter().any(|column| column.kind == ColumnKind::Tally) {
        true => language.of(
            "Amounts are in rupiah; below each stands how many there are.",
            "Nominal dalam rupiah; di bawahnya banyaknya.",
        ),
        false => language.of("Amounts are in rupiah.", "Nominal dalam rupiah."),
    }
}

/// Words in which commands stand between backticks.
fn marked(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
