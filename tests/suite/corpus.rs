//! A corpus of cells: one good order, one cell of it written differently, and what must come of it.
//!
//! An outcome that begins with SJM- is the finding that stops the row; with `~SJM-` one that it is
//! imported with; anything else is the value that is read.

use crate::support::library::{
    DateOrder, DateRules, Money, MoneyStyle, OrderCells, Phone, Severity,
    cell_reader::{CellRules, Parsed},
    checklist_order,
    order::Order,
    worst_severity,
};

const DAY_FIRST: CellRules = CellRules {
    dates: DateRules {
        zone: crate::support::library::SourceZone::JAKARTA,
        order: DateOrder::DayFirst,
        epoch_1904: false,
    },
    money: MoneyStyle::Checklist,
};

fn good() -> OrderCells<'static> {
    OrderCells {
        order_id: "10001",
        order_date: "2024-03-05 10:00:00",
        product_id: "7",
        product_name: "Kelas Ekspor",
        buyer_name: "Siti Rahayu",
        buyer_email: "siti@example.org",
        amount: "999000",
        payment_status: "PENDING",
        ..OrderCells::default()
    }
}

/// A case: the cell, and what comes of it.
type Case = (&'static str, &'static str);

#[track_caller]
fn assert_all(
    rules: CellRules,
    cases: &[Case],
    put: fn(&mut OrderCells<'static>, &'static str),
    value: fn(&Order) -> String,
) {
    let mut wrong = Vec::new();
    for (cell, expected) in cases {
        let mut cells = good();
        put(&mut cells, cell);
        let found = outcome(&checklist_order::parse(&cells, rules), value, expected.starts_with('~'));
        if found != *expected {
            wrong.push(format!("{cell:?}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn outcome(parsed: &Parsed<Order>, value: fn(&Order) -> String, with_findings: bool) -> String {
    let worst = worst_severity(&parsed.findings);
    let finding = parsed.findings.iter().find(|finding| finding.severity() == worst);
    match (&parsed.record, finding) {
        (_, Some(finding)) if worst >= Severity::Held => finding.code.info().code.to_owned(),
        (Some(_), Some(finding)) if with_findings => format!("~{}", finding.code.info().code),
        (Some(order), _) => value(order),
        (None, _) => "no record and no reason".to_owned(),
    }
}

#[test]
fn amounts() {
    let cases: &[Case] = &[
        ("999000", "999000"),
        (" 999000 ", "999000"),
        ("999000.00", "999000"),
        ("150123.5", "150123.5"),
        ("150123,5", "150123.5"),
        ("150123.50", "150123.5"),
        ("1.500.000", "1500000"),
        ("1,500,000", "1500000"),
        ("1,500,000.00", "1500000"),
        ("1.500.000,00", "1500000"),
        ("1.500.000,25", "1500000.25"),
        ("Rp 1.500.000", "1500000"),
        ("Rp. 1.500.000", "1500000"),
        ("Rp1.500.000,-", "1500000"),
        ("rp 35.000", "35000"),
        ("RP 35000", "35000"),
        ("IDR 35000", "35000"),
        ("Rp\u{a0}35.000", "35000"),
        ("35.000", "35000"),
        ("35,000", "35000"),
        ("1.5E+06", "1500000"),
        ("1,5e6", "1500000"),
        ("0", "0"),
        ("0.00", "0"),
        ("007", "7"),
        ("1,5 jt", "SJM-0202"),
        ("1.5jt", "SJM-0202"),
        ("500 rb", "SJM-0202"),
        ("500k", "SJM-0202"),
        ("2 juta", "SJM-0202"),
        ("-5000", "SJM-0202"),
        ("(5.000)", "SJM-0202"),
        ("gratis", "SJM-0202"),
        ("1.50.000", "SJM-0202"),
        ("1.500,000", "SJM-0202"),
        ("12.345", "12345"),
        ("12.3456", "SJM-0202"),
        ("1 000 000", "SJM-0202"),
        ("99999999999999999999", "SJM-0202"),
        ("628123456789012", "SJM-0202"),
        ("$100", "SJM-0202"),
        ("#REF!", "SJM-0202"),
        ("", "SJM-0201"),
        ("-", "SJM-0201"),
    ];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.amount = cell, |order| order.amount.plain());
}

#[test]
fn a_point_in_the_plugins_amounts_is_the_decimal_point() {
    let native = CellRules { money: MoneyStyle::Native, ..DAY_FIRST };
    let cases: &[Case] =
        &[("899.000", "899"), ("150123.5", "150123.5"), ("999000.00", "999000"), ("Rp 899.000", "899000")];
    assert_all(native, cases, |cells, cell| cells.amount = cell, |order| order.amount.plain());
}

const DATES: &[Case] = &[
    ("2024-12-31 14:05:06", "2024-12-31T07:05:06.000Z"),
    ("2024-12-31", "2024-12-30T17:00:00.000Z"),
    ("2024/12/31", "2024-12-30T17:00:00.000Z"),
    ("2024-12-31T14:05:06+07:00", "2024-12-31T07:05:06.000Z"),
    ("2024-12-31T07:05:06Z", "2024-12-31T07:05:06.000Z"),
    ("2024-12-31T07:05:06.789Z", "2024-12-31T07:05:06.789Z"),
    ("31/12/2024", "2024-12-30T17:00:00.000Z"),
    ("31-12-2024 14:05", "2024-12-31T07:05:00.000Z"),
    ("31.12.2024", "2024-12-30T17:00:00.000Z"),
    ("09 Desember 2025", "2025-12-08T17:00:00.000Z"),
    ("9 Des 2025 14:05", "2025-12-09T07:05:00.000Z"),
    ("9 des 2025", "2025-12-08T17:00:00.000Z"),
    ("December 9, 2025", "2025-12-08T17:00:00.000Z"),
    ("9 Agustus 2025 pukul 14.05", "2025-08-09T07:05:00.000Z"),
    ("9 Agt 2025 14:05 WIB", "2025-08-09T07:05:00.000Z"),
    ("9 Agt 2025 14:05 WIT", "2025-08-09T05:05:00.000Z"),
    ("45657", "2024-12-30T17:00:00.000Z"),
    ("45657.5", "2024-12-31T05:00:00.000Z"),
    ("45657,5", "2024-12-31T05:00:00.000Z"),
    ("29/02/2024", "2024-02-28T17:00:00.000Z"),
    ("2024-12-31 2:05 PM", "2024-12-31T07:05:00.000Z"),
    ("03/04/2025", "~SJM-0204"),
    ("31/02/2024", "SJM-0203"),
    ("29/02/2023", "SJM-0203"),
    ("12/31/2024", "SJM-0203"),
    ("2024-13-01", "SJM-0203"),
    ("2024-12-31 25:00:00", "SJM-0203"),
    ("31/12/24", "SJM-0203"),
    ("kemarin", "SJM-0203"),
    ("1999-12-31", "SJM-0203"),
    ("2301-01-01", "SJM-0203"),
    ("999000", "SJM-0203"),
    ("20241231", "SJM-0203"),
    ("#VALUE!", "SJM-0203"),
    ("0000-00-00 00:00:00", "SJM-0201"),
    ("-0001-11-30 00:00:00", "SJM-0201"),
    ("", "SJM-0201"),
    ("-", "SJM-0201"),
];

#[test]
fn dates() {
    assert_all(DAY_FIRST, DATES, |cells, cell| cells.order_date = cell, |order| order.placed_at.to_string());
}

#[test]
fn dates_of_month_first_files_and_of_the_epoch_of_1904() {
    let placed = |order: &Order| order.placed_at.to_string();
    let mut month_first = DAY_FIRST;
    month_first.dates.order = DateOrder::MonthFirst;
    let cases: &[Case] = &[
        ("12/31/2024", "2024-12-30T17:00:00.000Z"),
        ("31/12/2024", "SJM-0203"),
        ("03/04/2025", "2025-03-03T17:00:00.000Z"),
    ];
    assert_all(month_first, cases, |cells, cell| cells.order_date = cell, placed);
    let mut mac = DAY_FIRST;
    mac.dates.epoch_1904 = true;
    let cases: &[Case] = &[("44195", "2024-12-30T17:00:00.000Z"), ("44195.5", "2024-12-31T05:00:00.000Z")];
    assert_all(mac, cases, |cells, cell| cells.order_date = cell, placed);
}

fn phones(order: &Order) -> String {
    let shown = |phone: Option<Phone>| phone.map_or("none".to_owned(), |phone| phone.to_string());
    format!("{} {}", shown(order.phone), shown(order.whatsapp))
}

#[test]
fn phone_numbers() {
    let cases: &[Case] = &[
        ("081234567890", "+6281234567890 none"),
        ("81234567890", "+6281234567890 none"),
        ("8123456789", "+628123456789 none"),
        ("6281234567890", "+6281234567890 none"),
        ("+6281234567890", "+6281234567890 none"),
        ("+62 812-3456-7890", "+6281234567890 none"),
        ("62 0812 3456 7890", "+6281234567890 none"),
        ("006281234567890", "+6281234567890 none"),
        ("'081234567890", "+6281234567890 none"),
        ("(0812) 3456.7890", "+6281234567890 none"),
        ("0812\u{a0}3456\u{a0}7890", "+6281234567890 none"),
        ("6281234567890.0", "+6281234567890 none"),
        ("+60123456789", "+60123456789 none"),
        ("+1 415 555 2671", "+14155552671 none"),
        ("081234567890 / 081398765432", "+6281234567890 +6281398765432"),
        ("081234567890, 081398765432", "+6281234567890 +6281398765432"),
        ("081234567890 atau 081398765432", "+6281234567890 +6281398765432"),
        ("081234567890\n081398765432", "+6281234567890 +6281398765432"),
        ("081234567890 / +6281234567890", "+6281234567890 none"),
        ("", "none none"),
        ("-", "none none"),
        ("0812345", "~SJM-0103"),
        ("12345", "~SJM-0103"),
        ("6.28123E+12", "~SJM-0103"),
        ("tidak ada", "~SJM-0103"),
        ("0812345678901234567", "~SJM-0103"),
        ("0812345678 / 0813456789 / 0814567890", "~SJM-0103"),
    ];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.buyer_phone = cell, phones);
}

#[test]
fn addresses() {
    let cases: &[Case] = &[
        ("siti@example.org", "siti@example.org"),
        (" Siti@Example.ORG ", "siti@example.org"),
        ("<siti@example.org>", "siti@example.org"),
        ("mailto:siti@example.org", "siti@example.org"),
        ("'siti@example.org", "siti@example.org"),
        ("siti+kelas@example.org", "siti+kelas@example.org"),
        ("siti\u{200b}@example.org", "siti@example.org"),
        ("siti@sub.example.co.id", "siti@sub.example.co.id"),
        ("siti@gmial.com", "~SJM-0106"),
        ("siti@gmail.con", "~SJM-0106"),
        ("siti@yahoo.co", "~SJM-0106"),
        ("siti@hotmial.com", "~SJM-0106"),
        ("siti", "SJM-0101"),
        ("siti@", "SJM-0101"),
        ("@example.org", "SJM-0101"),
        ("siti@example", "SJM-0101"),
        ("siti@@example.org", "SJM-0101"),
        ("siti rahayu@example.org", "SJM-0101"),
        ("siti@example..org", "SJM-0101"),
        ("siti@example.org, budi@example.org", "SJM-0101"),
        ("", "SJM-0201"),
        ("-", "SJM-0201"),
    ];
    let email =
        |order: &Order| order.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned());
    assert_all(DAY_FIRST, cases, |cells, cell| cells.buyer_email = cell, email);
}

#[test]
fn a_mistyped_domain_is_suggested_and_never_changed() {
    let cells = OrderCells { buyer_email: "siti@gmial.com", ..good() };
    let parsed = checklist_order::parse(&cells, DAY_FIRST);
    assert!(parsed.findings[0].reason().contains("@gmail.com"), "{:?}", parsed.findings);
    assert_eq!(parsed.record.and_then(|order| order.email).expect("an address").as_str(), "siti@gmial.com");
}

#[test]
fn statuses() {
    let cases: &[Case] = &[
        ("PENDING", "PENDING"),
        ("pending", "PENDING"),
        ("EXPIRED", "EXPIRED"),
        ("REFUNDED", "REFUNDED"),
        ("on-hold", "PENDING"),
        ("payment-confirm", "PENDING"),
        ("in-progress", "PENDING"),
        ("shipping", "PENDING"),
        ("cancelled", "EXPIRED"),
        ("Menunggu pembayaran", "PENDING"),
        ("Pembayaran dikonfirmasi", "PENDING"),
        ("Pesanan diproses", "PENDING"),
        ("Proses pengiriman", "PENDING"),
        ("Batal", "EXPIRED"),
        ("Refund", "REFUNDED"),
        ("Waiting for payment", "PENDING"),
        ("Delivery process", "PENDING"),
        ("Cancelled", "EXPIRED"),
        ("PAID", "~SJM-0207"),
        ("Selesai", "~SJM-0207"),
        ("Completed", "~SJM-0207"),
        ("Menunggu Pembayaran", "SJM-0205"),
        ("lunas?", "SJM-0205"),
        ("COMPLETE", "SJM-0205"),
        ("1", "SJM-0205"),
        ("", "SJM-0201"),
    ];
    assert_all(
        DAY_FIRST,
        cases,
        |cells, cell| cells.payment_status = cell,
        |order| order.status.as_str().to_owned(),
    );
}

#[test]
fn names() {
    let cases: &[Case] = &[
        ("Siti Rahayu", "Siti Rahayu"),
        ("  Siti   Rahayu ", "Siti Rahayu"),
        ("Siti &amp; Budi", "Siti & Budi"),
        ("Siti &amp;amp; Budi", "Siti &amp; Budi"),
        ("Jum&#039;at", "Jum'at"),
        (r"Jum\'at", "Jum'at"),
        (r#"Siti \"Ibu\" Rahayu"#, "Siti \"Ibu\" Rahayu"),
        ("Siti\u{a0}Rahayu", "Siti Rahayu"),
        ("Siti\nRahayu", "Siti Rahayu"),
        ("Siti\tRahayu", "Siti Rahayu"),
        ("Rene\u{301}e", "Ren\u{e9}e"),
        ("Siti \u{1f600}", "Siti \u{1f600}"),
        ("Si\u{1}ti", "Siti"),
        ("\u{feff}Siti", "Siti"),
        ("=cmd()", "=cmd()"),
        ("", ""),
    ];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.buyer_name = cell, |order| order.buyer_name.clone());
}

#[test]
fn numbers_and_affiliates() {
    let cases: &[Case] =
        &[("10001", "10001"), (" 10001 ", "10001"), ("00123", "00123"), ("INV-7", "INV-7"), ("", "SJM-0201")];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.order_id = cell, |order| order.id.clone());
    let code = |order: &Order| order.affiliate_code.clone().unwrap_or_else(|| "none".to_owned());
    let cases: &[Case] = &[("A1", "A1"), (" 17 ", "17"), ("0", "none"), ("-", "none"), ("", "none")];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.affiliate_code = cell, code);
}

#[test]
fn l17_rates_and_commissions() {
    let rate = |order: &Order| order.rate.map_or_else(|| "none".to_owned(), |rate| rate.plain());
    let cases: &[Case] = &[
        ("30", "30"),
        ("30%", "30"),
        ("12.5", "12.5"),
        ("12,5 %", "12.5"),
        ("100", "100"),
        ("", "none"),
        ("101", "SJM-0302"),
        ("50000", "SJM-0302"),
        ("50.000", "SJM-0202"),
        ("tiga puluh", "SJM-0202"),
    ];
    assert_all(DAY_FIRST, cases, |cells, cell| cells.affiliate_commission_rate = cell, rate);
    let put = |cells: &mut OrderCells<'static>, cell| {
        cells.affiliate_code = "A1";
        cells.affiliate_commission_rate = "30";
        cells.affiliate_commission_amount = cell;
    };
    let commission = |order: &Order| order.commission.map_or_else(|| "none".to_owned(), Money::plain);
    let cases: &[Case] = &[
        ("299700", "299700"),
        ("299701", "299701"),
        ("299702", "~SJM-0303"),
        ("999001", "SJM-0301"),
        ("", "none"),
        ("1,5 jt", "SJM-0202"),
    ];
    assert_all(DAY_FIRST, cases, put, commission);
}
