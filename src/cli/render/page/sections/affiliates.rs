//! Commission by affiliate, what each person's wallet holds, and the decisions that are pending.

use crate::cli::render::page::model::{
    Bar, Block, Chart, ChartForm, Colour, ColumnKind, PageCell, PageRow, PageTable, Scale, Section, Tone,
};
use crate::cli::render::page::sections::money::add_wallet_check;
use crate::cli::render::page::sections::orders::{
    add_checks, status_cells, status_columns, without_empty_columns,
};
use crate::domain::money::Money;
use crate::language::Language;
use crate::reconciliation::affiliates::{CodeRow, CodeState, PersonRow};
use crate::reconciliation::statement::ReconciliationStatement;
use crate::reconciliation::{OrderSums, Reconciliation, Tally};
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let reconciliation = &report.reconciliation;
    let mut blocks = Vec::new();
    blocks.extend(chart(&reconciliation.codes, language).map(Block::Chart));
    blocks.push(Block::Table(settled(reconciliation, language)));
    blocks.push(Block::Table(orders(reconciliation, language)));
    blocks.push(Block::Table(people(reconciliation, language)));
    blocks.push(Block::Table(decisions(reconciliation, language)));
    let title = language.of("Affiliates", "Afiliasi").to_owned();
    Section { id: "affiliates", title, blocks }
}

fn state(state: Option<CodeState>, language: Language) -> &'static str {
    match state {
        None => "",
        Some(CodeState::Verified) => language.of("known", "dikenal"),
        Some(CodeState::Pending) => language.of("to decide", "perlu diputuskan"),
        Some(CodeState::Refused) => language.of("refused", "ditolak"),
        Some(CodeState::Unknown) => language.of("never imported", "belum diimpor"),
    }
}

/// The ten who have earned most: what was paid of it, and what is owed.
fn chart(codes: &[CodeRow], language: Language) -> Option<Chart> {
    let mut top: Vec<&CodeRow> = codes.iter().filter(|code| code.earned.is_positive()).collect();
    top.sort_by(|a, b| (b.earned, &a.code).cmp(&(a.earned, &b.code)));
    top.truncate(10);
    if top.is_empty() {
        return None;
    }
    let title = language.of(
        "The ten who have earned most: paid out and owed",
        "Sepuluh komisi terbesar: sudah dicairkan dan masih terutang",
    );
    let mut bars = Vec::new();
    for code in top {
        let paid = Money::from_minor(code.paid_out.minor().min(code.earned.minor()));
        bars.push(Bar {
            label: code.code.clone(),
            from: 0,
            to: paid.minor(),
            value: String::new(),
            colour: Colour::Past,
        });
        bars.push(Bar {
            label: String::new(),
            from: paid.minor(),
            to: code.earned.minor(),
            value: format!(
                "{} · {} {}",
                language.short_money(code.earned),
                language.of("owed", "terutang"),
                language.short_money(code.owed)
            ),
            colour: Colour::Main,
        });
    }
    Some(Chart {
        id: "chart-affiliates".to_owned(),
        title: title.to_owned(),
        description: format!(
            "{title}. {}",
            language.of("The table below has the numbers.", "Angka-angkanya ada di tabel di bawah.")
        ),
        scale: Scale::Money,
        unit: language.of("rupiah", "rupiah").to_owned(),
        picture: ChartForm::Bars {
            bars,
            legend: vec![
                (language.of("Paid out", "Sudah dicairkan").to_owned(), Colour::Past),
                (language.of("Earned beyond that", "Selebihnya").to_owned(), Colour::Main),
            ],
        },
    })
}

fn name(code: &CodeRow, language: Language) -> PageCell {
    match code.code.as_str() {
        "" => PageCell::Text(language.of("(no affiliate)", "(tanpa afiliasi)").to_owned()),
        code => PageCell::Code(code.to_owned()),
    }
}

fn tone(code: &CodeRow) -> Tone {
    match code.state {
        Some(CodeState::Pending | CodeState::Unknown) => Tone::Review,
        _ => Tone::Plain,
    }
}

fn orders(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let mut columns = vec![
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("State", "Keadaan"), ColumnKind::Text),
    ];
    columns.extend(status_columns(language));
    columns.push((language.of("Waiting, all tiers", "Menunggu, semua tingkat"), ColumnKind::Tally));
    columns.push((language.of("Conversions", "Konversi"), ColumnKind::Tally));
    let title = language.of("By affiliate: orders and commission", "Per afiliasi: pesanan dan komisi");
    let mut table = PageTable::new("affiliate-orders", title, &columns);
    let cells = |first: [PageCell; 2], sums: &OrderSums, waiting: Tally, conversions: Tally| {
        let mut cells: Vec<PageCell> = first.into();
        cells.extend(status_cells(sums));
        cells.extend([PageCell::Tally(waiting), PageCell::Tally(conversions)]);
        cells
    };
    for code in &reconciliation.codes {
        let first = [name(code, language), PageCell::Text(state(code.state, language).to_owned())];
        table.row(cells(first, &code.sums, code.waiting, code.conversions)).tone = tone(code);
    }
    let sum = |of: fn(&CodeRow) -> Tally| reconciliation.codes.iter().map(of).sum();
    let sums = reconciliation.codes.iter().fold(OrderSums::default(), |sum, code| sum.joined(code.sums));
    let first = [PageCell::Text(language.of("All", "Semua").to_owned()), PageCell::Empty];
    let cells = cells(first, &sums, sum(|code| code.waiting), sum(|code| code.conversions));
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 4);
    add_checks(&mut table, reconciliation, &["codes_are_all", "codes_are_conversions"], language);
    table
}

fn settled(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("Name", "Nama"), ColumnKind::Text),
        (language.of("Earned", "Diperoleh"), ColumnKind::Number),
        (language.of("Paid out", "Dicairkan"), ColumnKind::Number),
        (language.of("Paid too much", "Kelebihan bayar"), ColumnKind::Number),
        (language.of("Owed", "Terutang"), ColumnKind::Number),
        (language.of("Paid, not settled", "Dibayar, belum diselesaikan"), ColumnKind::Number),
    ];
    let title =
        language.of("By affiliate: earned, paid and owed", "Per afiliasi: diperoleh, dicairkan, terutang");
    let mut table = PageTable::new("affiliate-commission", title, &columns).noted(language.of(
        "Earned − paid out + paid too much = owed. “Paid, not settled” is what Sejoli has paid to somebody whom nobody \
         has decided on yet.",
        "Diperoleh − dicairkan + kelebihan bayar = terutang. “Dibayar, belum diselesaikan” adalah pembayaran Sejoli \
         kepada afiliasi yang belum diputuskan.",
    ));
    let has_any = |code: &&CodeRow| {
        let amounts = [code.earned, code.paid_out, code.owed, code.paid_unsettled];
        amounts.iter().any(|amount| !amount.is_zero())
    };
    let mut rows: Vec<&CodeRow> = reconciliation.codes.iter().filter(has_any).collect();
    rows.sort_by(|a, b| (b.earned, &a.code).cmp(&(a.earned, &b.code)));
    for code in rows {
        let mut cells = vec![name(code, language), PageCell::Text(code.name.clone())];
        cells.extend(amounts(std::iter::once(code)));
        table.row(cells).tone = if code.paid_too_much.is_positive() { Tone::Review } else { tone(code) };
    }
    let mut cells = vec![PageCell::Text(language.of("All", "Semua").to_owned()), PageCell::Empty];
    cells.extend(amounts(reconciliation.codes.iter()));
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 2);
    add_checks(&mut table, reconciliation, &["codes_are_earned", "ledgers_are_owed"], language);
    table
}

fn amounts<'a>(codes: impl Iterator<Item = &'a CodeRow> + Clone) -> Vec<PageCell> {
    let amount = |of: fn(&CodeRow) -> Money| PageCell::Money(codes.clone().map(of).sum());
    vec![
        amount(|code| code.earned),
        amount(|code| code.paid_out),
        amount(|code| code.paid_too_much),
        amount(|code| code.owed),
        amount(|code| code.paid_unsettled),
    ]
}

fn people(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Person, by codes", "Orang, menurut kode"), ColumnKind::Text),
        (language.of("Owed", "Terutang"), ColumnKind::Number),
        (language.of("Moved by the app", "Mutasi aplikasi"), ColumnKind::Number),
        (language.of("Without an entry", "Tanpa entri"), ColumnKind::Number),
        (language.of("Wallet holds", "Isi dompet"), ColumnKind::Number),
        (language.of("Conversions", "Konversi"), ColumnKind::Tally),
        (language.of("Marked as paid", "Ditandai dicairkan"), ColumnKind::Tally),
        (language.of("Asked for", "Diminta"), ColumnKind::Tally),
        (language.of("May request", "Dapat dicairkan"), ColumnKind::Number),
        (language.of("Upper tiers", "Tingkat atas"), ColumnKind::Number),
        (language.of("Beyond the wallet", "Melebihi dompet"), ColumnKind::Number),
    ];
    let title = language
        .of("By person: wallet, and what may be requested", "Per orang: dompet dan yang dapat dicairkan");
    let mut table = PageTable::new("wallets", title, &columns).noted(language.of(
        "Owed + moved by the app + without an entry = wallet. What somebody may request must not be more than the \
         wallet holds. What is owed of upper tiers cannot be requested: pay it out by hand.",
        "Terutang + mutasi aplikasi + tanpa entri = isi dompet. Yang dapat dicairkan tidak boleh melebihi isi dompet. \
         Komisi tingkat atas tidak dapat dicairkan lewat aplikasi: bayarkan secara manual.",
    ));
    for person in &reconciliation.people {
        let mut cells = vec![PageCell::Code(person.codes.clone())];
        cells.extend(wallet_cells(std::iter::once(person)));
        let row = table.row(cells);
        if person.beyond_wallet.is_positive() || person.wallet < Money::ZERO {
            row.tone = Tone::Bad;
        } else if !person.without_entry.is_zero() {
            row.tone = Tone::Review;
        }
    }
    let mut cells = vec![PageCell::Text(language.of("All", "Semua").to_owned())];
    cells.extend(wallet_cells(reconciliation.people.iter()));
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 5);
    add_checks(&mut table, reconciliation, &["people_are_owed"], language);
    add_wallet_check(&mut table, reconciliation, language);
    table
}

fn wallet_cells<'a>(people: impl Iterator<Item = &'a PersonRow> + Clone) -> Vec<PageCell> {
    let tally = |of: fn(&PersonRow) -> Tally| PageCell::Tally(people.clone().map(of).sum());
    let amount = |of: fn(&PersonRow) -> Money| PageCell::Money(people.clone().map(of).sum());
    vec![
        amount(|person| person.owed),
        amount(|person| person.app_entries),
        amount(|person| person.without_entry),
        amount(|person| person.wallet),
        tally(|person| person.conversions),
        tally(|person| person.marked_paid),
        tally(|person| person.asked),
        amount(|person| person.requestable),
        amount(|person| person.higher_tiers),
        amount(|person| person.beyond_wallet),
    ]
}

fn decisions(reconciliation: &Reconciliation, language: Language) -> PageTable {
    let columns = [
        (language.of("Code", "Kode"), ColumnKind::Text),
        (language.of("Name", "Nama"), ColumnKind::Text),
        (language.of("State", "Keadaan"), ColumnKind::Text),
        (language.of("Why", "Mengapa"), ColumnKind::Text),
        (language.of("Paid orders", "Pesanan lunas"), ColumnKind::Tally),
        (language.of("Commission that waits", "Komisi yang menunggu"), ColumnKind::Tally),
        (language.of("Paid in Sejoli", "Dibayar di Sejoli"), ColumnKind::Number),
    ];
    let title = language.of("Decisions pending", "Keputusan yang tertunda");
    let mut table = PageTable::new("decisions", title, &columns);
    let undecided = |code: &&CodeRow| matches!(code.state, Some(CodeState::Pending | CodeState::Unknown));
    let mut rows: Vec<&CodeRow> = reconciliation.codes.iter().filter(undecided).collect();
    rows.sort_by(|a, b| (b.waiting.amount, &a.code).cmp(&(a.waiting.amount, &b.code)));
    for code in &rows {
        table.row(vec![
            PageCell::Code(code.code.clone()),
            PageCell::Text(code.name.clone()),
            PageCell::Text(state(code.state, language).to_owned()),
            PageCell::Text(code.notes.clone()),
            PageCell::Tally(code.sums.paid),
            PageCell::Tally(code.waiting),
            PageCell::Money(code.paid_unsettled),
        ]);
    }
    let waits: Tally = rows.iter().map(|code| code.waiting).sum();
    let cells = vec![
        PageCell::Text(language.of("All", "Semua").to_owned()),
        PageCell::Empty,
        PageCell::Empty,
        PageCell::Empty,
        PageCell::Tally(rows.iter().map(|code| code.sums.paid).sum()),
        PageCell::Tally(waits),
        PageCell::Money(rows.iter().map(|code| code.paid_unsettled).sum()),
    ];
    table.total = Some(PageRow { cells, tone: Tone::Plain, is_total: true });
    let statements = ["commission", "upper_tiers"].map(|key| reconciliation.statement(key));
    let lines = |statement: &ReconciliationStatement| {
        statement.amount("pending_affiliate") + statement.amount("unknown_affiliate")
    };
    let expected: Money = statements.into_iter().flatten().map(lines).sum();
    let text = match waits.amount == expected {
        true => format!(
            "{}: {} = {}",
            language.of("Adds up", "Cocok"),
            language.of(
                "pending and unknown affiliates of the reconciliation",
                "afiliasi tertunda dan tidak dikenal pada rekonsiliasi"
            ),
            language.money(expected)
        ),
        false => format!(
            "{}: {} ≠ {}",
            language.of("Does not add up", "Tidak cocok"),
            language.money(waits.amount),
            language.money(expected)
        ),
    };
    table.check(waits.amount == expected, text);
    table
}
