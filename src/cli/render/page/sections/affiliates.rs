//! Commission by affiliate, what each person's wallet holds, and the decisions that are pending.

use crate::cli::render::page::model::{
    Bar, Block, Chart, Colour, Kind, PageCell, Picture, Row, Scale, Section, Table, Tone,
};
use crate::cli::render::page::sections::orders::{add_checks, without_empty_columns};
use crate::cli::render::page::words::Language;
use crate::domain::money::Money;
use crate::reconciliation::affiliates::{CodeRow, CodeState, PersonRow};
use crate::reconciliation::{Reconciliation, Tally};
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let reconciliation = &report.reconciliation;
    let mut blocks = Vec::new();
    blocks.extend(chart(&reconciliation.codes, language).map(Block::Chart));
    blocks.push(Block::Table(codes(reconciliation, language)));
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
        picture: Picture::Bars(bars),
    })
}

fn codes(reconciliation: &Reconciliation, language: Language) -> Table {
    let columns = [
        (language.of("Code", "Kode"), Kind::Text),
        (language.of("Name", "Nama"), Kind::Text),
        (language.of("State", "Keadaan"), Kind::Text),
        (language.of("All orders", "Semua pesanan"), Kind::Tally),
        (language.of("Paid orders", "Pesanan lunas"), Kind::Tally),
        (language.of("Commission recorded", "Komisi tercatat"), Kind::Tally),
        (language.of("Waits", "Menunggu"), Kind::Tally),
        (language.of("Conversions", "Konversi"), Kind::Tally),
        (language.of("Earned", "Diperoleh"), Kind::Number),
        (language.of("Paid out", "Dicairkan"), Kind::Number),
        (language.of("Paid too much", "Kelebihan bayar"), Kind::Number),
        (language.of("Owed", "Terutang"), Kind::Number),
        (language.of("Paid, not settled", "Dibayar, belum diselesaikan"), Kind::Number),
    ];
    let title = language.of("By affiliate", "Per afiliasi");
    let mut table = Table::new("affiliates", title, &columns).noted(language.of(
        "Earned − paid out + paid too much = owed. “Paid, not settled” is what Sejoli has paid to somebody whom nobody \
         has decided on yet.",
        "Diperoleh − dicairkan + kelebihan bayar = terutang. “Dibayar, belum diselesaikan” adalah pembayaran Sejoli \
         kepada afiliasi yang belum diputuskan.",
    ));
    let none = language.of("(no affiliate)", "(tanpa afiliasi)");
    for code in &reconciliation.codes {
        let shown = if code.code.is_empty() { none } else { &code.code };
        let words =
            [PageCell::Text(code.name.clone()), PageCell::Text(state(code.state, language).to_owned())];
        let mut cells = vec![PageCell::Code(shown.to_owned())];
        cells.extend(words);
        cells.extend(amounts(std::iter::once(code)));
        let row = table.row(cells);
        if matches!(code.state, Some(CodeState::Pending | CodeState::Unknown)) {
            row.tone = Tone::Review;
        }
    }
    let mut cells =
        vec![PageCell::Text(language.of("All", "Semua").to_owned()), PageCell::Empty, PageCell::Empty];
    cells.extend(amounts(reconciliation.codes.iter()));
    table.total = Some(Row { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 3);
    let keys = ["codes_are_all", "codes_are_conversions", "codes_are_earned", "ledgers_are_owed"];
    add_checks(&mut table, reconciliation, &keys, language);
    table
}

fn amounts<'a>(codes: impl Iterator<Item = &'a CodeRow> + Clone) -> Vec<PageCell> {
    let tally = |of: fn(&CodeRow) -> Tally| PageCell::Tally(codes.clone().map(of).sum());
    let amount = |of: fn(&CodeRow) -> Money| PageCell::Money(codes.clone().map(of).sum());
    vec![
        tally(|code| code.sums.all),
        tally(|code| code.sums.paid),
        tally(|code| code.sums.recorded),
        tally(|code| code.waiting),
        tally(|code| code.conversions),
        amount(|code| code.earned),
        amount(|code| code.paid_out),
        amount(|code| code.paid_too_much),
        amount(|code| code.owed),
        amount(|code| code.paid_unsettled),
    ]
}

fn people(reconciliation: &Reconciliation, language: Language) -> Table {
    let columns = [
        (language.of("Person, by codes", "Orang, menurut kode"), Kind::Text),
        (language.of("Owed", "Terutang"), Kind::Number),
        (language.of("Moved by the app", "Mutasi aplikasi"), Kind::Number),
        (language.of("Without an entry", "Tanpa entri"), Kind::Number),
        (language.of("Wallet holds", "Isi dompet"), Kind::Number),
        (language.of("Conversions", "Konversi"), Kind::Tally),
        (language.of("Marked as paid", "Ditandai dicairkan"), Kind::Tally),
        (language.of("Asked for", "Diminta"), Kind::Tally),
        (language.of("May request", "Dapat dicairkan"), Kind::Number),
        (language.of("Beyond the wallet", "Melebihi dompet"), Kind::Number),
    ];
    let title = language
        .of("By person: wallet, and what may be requested", "Per orang: dompet dan yang dapat dicairkan");
    let mut table = Table::new("wallets", title, &columns).noted(language.of(
        "Owed + moved by the app + without an entry = wallet. What somebody may request must not be more than the \
         wallet holds.",
        "Terutang + mutasi aplikasi + tanpa entri = isi dompet. Yang dapat dicairkan tidak boleh melebihi isi dompet.",
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
    table.total = Some(Row { cells, tone: Tone::Plain, is_total: true });
    without_empty_columns(&mut table, 5);
    add_checks(&mut table, reconciliation, &["people_are_owed"], language);
    let beyond: Money = reconciliation.people.iter().map(|person| person.beyond_wallet).sum();
    let text = match beyond.is_positive() {
        true => format!(
            "{}: {}",
            language.of(
                "More may be requested than the wallets hold",
                "Yang dapat dicairkan melebihi isi dompet"
            ),
            language.money(beyond)
        ),
        false => language
            .of(
                "Nobody may request more than the wallet holds.",
                "Tidak ada yang dapat mencairkan melebihi isi dompet.",
            )
            .to_owned(),
    };
    table.check(!beyond.is_positive(), text);
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
        amount(|person| person.beyond_wallet),
    ]
}

fn decisions(reconciliation: &Reconciliation, language: Language) -> Table {
    let columns = [
        (language.of("Code", "Kode"), Kind::Text),
        (language.of("Name", "Nama"), Kind::Text),
        (language.of("State", "Keadaan"), Kind::Text),
        (language.of("Why", "Mengapa"), Kind::Text),
        (language.of("Paid orders", "Pesanan lunas"), Kind::Tally),
        (language.of("Commission that waits", "Komisi yang menunggu"), Kind::Tally),
        (language.of("Paid in Sejoli", "Dibayar di Sejoli"), Kind::Number),
    ];
    let title = language.of("Decisions pending", "Keputusan yang tertunda");
    let mut table = Table::new("decisions", title, &columns);
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
    table.total = Some(Row { cells, tone: Tone::Plain, is_total: true });
    let lines = reconciliation
        .statement("commission")
        .map(|statement| statement.amount("pending_affiliate") + statement.amount("unknown_affiliate"));
    let expected = lines.unwrap_or(Money::ZERO);
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
