//! The reconciliation: each statement as a table and as a waterfall.

use crate::cli::render::page::labels;
use crate::cli::render::page::model::{
    Bar, Block, Chart, ChartForm, Colour, ColumnKind, PageCell, PageTable, SIGN, Scale, Section, Tone,
};
use crate::domain::money::Money;
use crate::language::Language;
use crate::reconciliation::Reconciliation;
use crate::reconciliation::statement::{CountUnit, ReconciliationStatement, Sign, StatementLine};
use crate::report::full::FullReport;

pub(in crate::cli::render::page) fn section(report: &FullReport, language: Language) -> Section {
    let mut blocks = vec![Block::Text(
        language
            .of(
                "Of the whole database, whichever run has written it. Each total is measured by a question of its own \
                 and held against the steps above it.",
                "Untuk seluruh basis data, proses mana pun yang menulisnya. Setiap total dihitung tersendiri lalu \
                 dicocokkan dengan langkah-langkah di atasnya.",
            )
            .to_owned(),
    )];
    for statement in &report.reconciliation.statements {
        blocks.push(Block::Chart(waterfall(statement, language)));
        let mut table = table(statement, language);
        if statement.key == "requestable" {
            add_wallet_check(&mut table, &report.reconciliation, language);
        }
        blocks.push(Block::Table(table));
    }
    let title = language.of("Reconciliation", "Rekonsiliasi").to_owned();
    Section { id: "reconciliation", title, blocks }
}

/// Whether anybody may request more than the wallet holds.
pub(super) fn add_wallet_check(table: &mut PageTable, reconciliation: &Reconciliation, language: Language) {
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
}

fn table_id(statement: &ReconciliationStatement) -> &'static str {
    match statement.key {
        "orders" => "gross-to-revenue",
        "upper_tiers" => "upper-tiers",
        "commission" => "paid-to-earned",
        "wallets" => "earned-to-wallets",
        _ => "requestable",
    }
}

fn counted(statement: &ReconciliationStatement, language: Language) -> &'static str {
    match statement.unit {
        CountUnit::Affiliates => language.of("Number", "Banyaknya"),
        // An order may have several of the upper tiers, and one of the first.
        CountUnit::Commissions if statement.key == "upper_tiers" => language.of("Commissions", "Komisi"),
        CountUnit::Orders | CountUnit::Commissions => language.of("Orders", "Pesanan"),
    }
}

fn table(statement: &ReconciliationStatement, language: Language) -> PageTable {
    let mut table = PageTable::new(
        table_id(statement),
        &labels::statement(statement.key, language),
        &[
            (SIGN, ColumnKind::Text),
            (language.of("Step", "Langkah"), ColumnKind::Text),
            (counted(statement, language), ColumnKind::Number),
            (language.of("Amount", "Nominal"), ColumnKind::Number),
        ],
    );
    for line in &statement.lines {
        let row = table.row(vec![
            PageCell::Text(sign(line.sign).to_owned()),
            PageCell::Text(labels::line(line.key, language)),
            match (line.tally.count, line.tally.amount.is_zero()) {
                (0, false) => PageCell::Empty,
                (count, _) => PageCell::Count(count),
            },
            PageCell::Money(line.tally.amount),
        ]);
        row.is_total = matches!(line.sign, Sign::Total | Sign::Start);
        if line.review {
            row.tone = Tone::Review;
        }
        if let Some(gap) = line.difference.filter(|gap| !gap.is_zero()) {
            row.tone = Tone::Bad;
            let words = language.of("does not add up by", "selisih");
            let row = table.row(vec![
                PageCell::Text("≠".to_owned()),
                PageCell::Text(format!("{words}:")),
                PageCell::Count(gap.count),
                PageCell::Money(gap.amount),
            ]);
            row.tone = Tone::Bad;
        }
    }
    table.check(statement.adds_up, sentence(statement, language));
    table.showing(usize::MAX)
}

const fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Start => "",
        Sign::Minus => "−",
        Sign::Plus => "+",
        Sign::Total => "=",
    }
}

/// The last part of the statement as a sum, so that a reader can add it up.
fn sentence(statement: &ReconciliationStatement, language: Language) -> String {
    if !statement.adds_up {
        return language
            .of(
                "Does not add up: a total is not what the steps above it come to.",
                "Tidak cocok: ada total yang tidak sama dengan langkah-langkah di atasnya.",
            )
            .to_owned();
    }
    let mut text = String::new();
    for line in &statement.lines {
        let amount = language.money(line.tally.amount);
        match line.sign {
            Sign::Start => text = amount,
            Sign::Minus if !line.tally.amount.is_zero() => text.push_str(&format!(" − {amount}")),
            Sign::Plus if !line.tally.amount.is_zero() => text.push_str(&format!(" + {amount}")),
            Sign::Total if !text.ends_with(&amount) => text.push_str(&format!(" = {amount}")),
            Sign::Total => {}
            Sign::Minus | Sign::Plus => {}
        }
    }
    format!("{}: {text}", language.of("Adds up", "Cocok"))
}

fn waterfall(statement: &ReconciliationStatement, language: Language) -> Chart {
    let mut running = Money::ZERO;
    let mut bars = Vec::new();
    for line in &statement.lines {
        let (from, to) = span(line, running);
        running = to;
        let is_nothing = line.tally.amount.is_zero() && !matches!(line.sign, Sign::Start | Sign::Total);
        if is_nothing {
            continue;
        }
        bars.push(Bar {
            label: labels::line(line.key, language),
            from: from.minor(),
            to: to.minor(),
            value: format!("{}{}", lead(line), language.short_money(line.tally.amount)),
            colour: match line.sign {
                Sign::Start | Sign::Total => Colour::Main,
                Sign::Minus => Colour::Minus,
                Sign::Plus => Colour::Plus,
            },
        });
    }
    let title = labels::statement(statement.key, language);
    Chart {
        id: format!("chart-{}", table_id(statement)),
        description: format!(
            "{title}. {}",
            language.of("The table below has the numbers.", "Angka-angkanya ada di tabel di bawah.")
        ),
        title: format!("{title}, {}", language.of("as a waterfall", "sebagai air terjun")),
        scale: Scale::Money,
        unit: language.of("rupiah", "rupiah").to_owned(),
        picture: ChartForm::Bars { bars, legend: legend(language) },
    }
}

fn legend(language: Language) -> Vec<(String, Colour)> {
    let names = [
        (language.of("Amount", "Nominal"), Colour::Main),
        (language.of("taken away", "dikurangi"), Colour::Minus),
        (language.of("added", "ditambah"), Colour::Plus),
    ];
    names.map(|(name, colour)| (name.to_owned(), colour)).into()
}

fn lead(line: &StatementLine) -> &'static str {
    match line.sign {
        Sign::Minus => "−",
        Sign::Plus => "+",
        Sign::Start | Sign::Total => "",
    }
}

fn span(line: &StatementLine, running: Money) -> (Money, Money) {
    match line.sign {
        Sign::Start | Sign::Total => (Money::ZERO, line.tally.amount),
        Sign::Minus => (running, running - line.tally.amount),
        Sign::Plus => (running, running + line.tally.amount),
    }
}
