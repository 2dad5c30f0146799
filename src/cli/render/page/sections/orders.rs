//! Orders and revenue, by month and by product.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{
    Block, Chart, ChartForm, Colour, ColumnKind, PageCell, PageRow, PageTable, Scale, Section, Tone,
};
use crate::language::Language;
use crate::reconciliation::{MonthRow, OrderSums, ProductRow, Reconciliation, Tally};
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let reconciliation = &report.reconciliation;
    let mut blocks = Vec::new();
    if !reconciliation.months.is_empty() {
        blocks.push(Block::Chart(revenue(&reconciliation.months, language)));
        blocks.push(Block::Chart(placed(&reconciliation.months, language)));
    }
    blocks.push(Block::Table(months(reconciliation, language)));
    blocks.push(Block::Table(products(reconciliation, language)));
    let title = language.of("Orders and revenue", "Pesanan dan pendapatan").to_owned();
    Section { id: "orders", title, blocks }
}

/// The columns of orders by status, which several tables have.
pub(super) fn status_columns(language: Language) -> Vec<(&'static str, ColumnKind)> {
    vec![
        (language.of("All orders", "Semua pesanan"), ColumnKind::Tally),
        (language.of("Paid", "Lunas"), ColumnKind::Tally),
        (language.of("Not paid yet", "Belum dibayar"), ColumnKind::Tally),
        (language.of("Cancelled", "Batal"), ColumnKind::Tally),
        (language.of("Refunded", "Dikembalikan"), ColumnKind::Tally),
        (language.of("Other", "Lainnya"), ColumnKind::Tally),
        (language.of("Zero price", "Harga nol"), ColumnKind::Number),
        (language.of("Commission recorded", "Komisi tercatat"), ColumnKind::Tally),
    ]
}

/// The cells of [`status_columns`].
pub(super) fn status_cells(sums: &OrderSums) -> Vec<PageCell> {
    let tallies = [sums.all, sums.paid, sums.pending, sums.expired, sums.refunded, sums.other];
    let mut cells: Vec<PageCell> = tallies.map(PageCell::Tally).into();
    cells.extend([PageCell::Count(sums.free), PageCell::Tally(sums.recorded)]);
    cells
}

/// Leaves out the columns that hold nothing in any row, but for the first ones.
pub(super) fn without_empty_columns(table: &mut PageTable, kept: usize) {
    let is_nothing = |cell: Option<&PageCell>| match cell {
        Some(PageCell::Tally(tally)) => tally.is_zero(),
        Some(PageCell::Count(count)) => *count == 0,
        Some(PageCell::Money(amount)) => amount.is_zero(),
        Some(PageCell::Text(text) | PageCell::Code(text)) => text.is_empty(),
        Some(PageCell::Empty) | None => true,
    };
    for at in (kept..table.columns.len()).rev() {
        if !table.rows.is_empty() && table.rows.iter().all(|row| is_nothing(row.cells.get(at))) {
            table.columns.remove(at);
            for row in table.rows.iter_mut().chain(&mut table.total) {
                if at < row.cells.len() {
                    row.cells.remove(at);
                }
            }
        }
    }
}

/// The comparisons of these names, below a table.
pub(super) fn add_checks(
    table: &mut PageTable,
    reconciliation: &Reconciliation,
    keys: &[&str],
    language: Language,
) {
    for check in reconciliation.checks.iter().filter(|check| keys.contains(&check.key)) {
        let words = labels::check(check.key, language);
        let (found, expected) = (language.money(check.found), language.money(check.expected));
        let text = match check.holds {
            true => format!("{}: {words}, {found}", language.of("Adds up", "Cocok")),
            false => format!(
                "{}: {words}; {found} ≠ {expected}",
                language
                    .of("Does not add up, although it should be so that", "Tidak cocok, padahal seharusnya")
            ),
        };
        table.check(check.holds, text);
    }
}

fn months(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let mut columns = vec![(language.of("Month", "Bulan"), ColumnKind::Text)];
    columns.extend(status_columns(language));
    columns.push((language.of("Paid in the month", "Dibayar bulan itu"), ColumnKind::Tally));
    columns.push((language.of("Commission earned", "Komisi diperoleh"), ColumnKind::Tally));
    let note = match language {
        Language::En => format!(
            "By the month in which orders were placed ({}). The last two columns go by the month of the payment.",
            reconciliation.zone
        ),
        Language::Id => format!(
            "Menurut bulan pesanan dibuat ({}). Dua kolom terakhir menurut bulan pembayaran.",
            reconciliation.zone
        ),
    };
    let title = language.of("By month", "Per bulan");
    let mut table = PageTable::new("orders-by-month", title, &columns).noted(note).showing(180);
    let cells = |first: PageCell, sums: &OrderSums, paid_in: Tally, earned_in: Tally| {
        let mut cells = vec![first];
        cells.extend(status_cells(sums));
        cells.extend([PageCell::Tally(paid_in), PageCell::Tally(earned_in)]);
        cells
    };
    for month in &reconciliation.months {
        let name = PageCell::Text(language.month(&month.month));
        table.row(cells(name, &month.sums, month.paid_in, month.earned_in));
    }
    let sum = |of: fn(&MonthRow) -> Tally| reconciliation.months.iter().map(of).sum();
    let all = PageCell::Text(language.of("All months", "Semua bulan").to_owned());
    let total = cells(all, &reconciliation.orders, sum(|month| month.paid_in), sum(|month| month.earned_in));
    table.total = Some(PageRow { cells: total, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 3);
    let keys = ["months_are_all", "paid_months_are_paid", "earned_months_are_conversions"];
    add_checks(&mut table, reconciliation, &keys, language);
    table
}

fn products(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let mut columns = vec![
        (language.of("Product", "Produk"), ColumnKind::Text),
        (language.of("Name", "Nama"), ColumnKind::Text),
    ];
    columns.extend(status_columns(language));
    let title = language.of("By product", "Per produk");
    let mut table = PageTable::new("orders-by-product", title, &columns);
    for ProductRow { product, name, sums } in &reconciliation.products {
        let product = match product.as_str() {
            "" => language.of("(unknown)", "(tidak diketahui)"),
            product => product,
        };
        let mut cells = vec![PageCell::Code(product.to_owned()), PageCell::Text(name.clone())];
        cells.extend(status_cells(sums));
        table.row(cells);
    }
    let mut total =
        vec![PageCell::Text(language.of("All products", "Semua produk").to_owned()), PageCell::Empty];
    total.extend(status_cells(&reconciliation.orders));
    table.total = Some(PageRow { cells: total, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 4);
    add_checks(&mut table, reconciliation, &["products_are_all"], language);
    table
}

fn below(language: Language) -> &'static str {
    language.of("The table below has the numbers.", "Angka-angkanya ada di tabel di bawah.")
}

fn revenue(months: &[MonthRow], language: Language) -> Chart {
    let column = |month: &MonthRow| (language.month(&month.month), vec![month.paid_in.amount.minor()]);
    let title = language.of("Revenue by month of payment", "Pendapatan per bulan pembayaran").to_owned();
    Chart {
        id: "chart-revenue".to_owned(),
        description: format!("{title}. {}", below(language)),
        title,
        scale: Scale::Money,
        unit: language.of("rupiah", "rupiah").to_owned(),
        picture: ChartForm::Columns {
            series: vec![(language.of("Revenue", "Pendapatan").to_owned(), Colour::Main)],
            columns: months.iter().map(column).collect(),
        },
    }
}

fn placed(months: &[MonthRow], language: Language) -> Chart {
    let column = |month: &MonthRow| {
        let sums = &month.sums;
        let waiting = sums.pending.count + sums.other.count;
        let values = vec![sums.paid.count, waiting, sums.expired.count, sums.refunded.count];
        (language.month(&month.month), values)
    };
    let series = [
        (language.of("Paid", "Lunas"), Colour::Main),
        (language.of("Not paid yet", "Belum dibayar"), Colour::Wait),
        (language.of("Cancelled", "Batal"), Colour::Past),
        (language.of("Refunded", "Dikembalikan"), Colour::Minus),
    ];
    let title = language.of("Orders by month placed, by status", "Pesanan per bulan dibuat, menurut status");
    Chart {
        id: "chart-orders".to_owned(),
        description: format!("{title}. {}", below(language)),
        title: title.to_owned(),
        scale: Scale::Count,
        unit: language.of("orders", "pesanan").to_owned(),
        picture: ChartForm::Columns {
            series: series.into_iter().map(|(name, colour)| (name.to_owned(), colour)).collect(),
            columns: months.iter().map(column).collect(),
        },
    }
}
