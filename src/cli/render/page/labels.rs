//! The words of steps, reasons and checks in both languages. A key that has none is shown as it is.

use crate::language::Language;

type Entry = (&'static str, &'static str, &'static str);

/// The lines of the statements.
const LINES: &[Entry] = &[
    ("gross", "Gross: every order that the source has", "Bruto: semua pesanan dari sumber"),
    ("rejected", "Rejected: the row must be corrected", "Ditolak: barisnya harus diperbaiki"),
    ("held", "Held: somebody must decide", "Ditahan: perlu keputusan"),
    ("unreadable", "Amount unreadable, worth unknown", "Nominal tidak terbaca, nilainya tidak diketahui"),
    ("imported", "Imported orders, all statuses", "Pesanan terimpor, semua status"),
    ("pending", "Not paid yet", "Belum dibayar"),
    ("expired", "Cancelled or expired", "Dibatalkan atau kedaluwarsa"),
    ("refunded", "Refunded", "Dikembalikan (refund)"),
    ("other_status", "Other statuses, given by the app", "Status lain, diberikan oleh aplikasi"),
    ("paid", "Paid orders", "Pesanan lunas"),
    ("free", "Zero-price orders", "Pesanan berharga nol"),
    ("revenue", "Revenue: paid orders with a price", "Pendapatan: pesanan lunas berharga"),
    ("without_commission", "Orders that record no commission", "Pesanan tanpa komisi tercatat"),
    ("shops_part", "The shop's part of the other orders", "Bagian toko dari pesanan lainnya"),
    ("recorded", "Commission recorded", "Komisi tercatat"),
    ("without_code", "Commission without an affiliate", "Komisi tanpa afiliasi"),
    (
        "unknown_affiliate",
        "Affiliate unknown: never imported",
        "Afiliasi tidak dikenal: belum pernah diimpor",
    ),
    ("pending_affiliate", "Affiliate pending: somebody must decide", "Afiliasi tertunda: perlu keputusan"),
    ("refused_affiliate", "Affiliate refused in the app", "Afiliasi ditolak di aplikasi"),
    ("uncredited", "Affiliate known, but not credited", "Afiliasi dikenal, tetapi belum dikreditkan"),
    ("changed_from", "Changed in the app: what was recorded", "Diubah di aplikasi: yang tercatat"),
    ("changed_to", "Changed in the app: what stands now", "Diubah di aplikasi: yang berlaku kini"),
    ("of_unpaid", "Conversions of orders that are not paid", "Konversi dari pesanan yang tidak lunas"),
    ("conversions", "Conversions", "Konversi"),
    ("by_app", "Credited by the app itself", "Dikreditkan oleh aplikasi sendiri"),
    ("of_nobody", "Conversions of no settled affiliate", "Konversi tanpa afiliasi yang diselesaikan"),
    ("tiers_listed", "Listed by Sejoli above tier one", "Tercatat di Sejoli di atas tingkat satu"),
    ("not_added", "Pending or cancelled in Sejoli", "Tertunda atau dibatalkan di Sejoli"),
    ("order_missing", "Their orders are not in the app", "Pesanannya tidak ada di aplikasi"),
    ("order_unpaid", "Their orders are not paid", "Pesanannya tidak lunas"),
    ("without_amount", "Zero-amount rows", "Baris bernominal nol"),
    ("tiers_above_one", "Tiers above one, without conversions", "Tingkat di atas satu, tanpa konversi"),
    ("earned", "Earned", "Komisi diperoleh"),
    ("paid_out", "Paid out in Sejoli", "Sudah dicairkan di Sejoli"),
    ("paid_too_much", "Paid too much, owed by nobody", "Kelebihan bayar, tidak ditagihkan"),
    ("owed", "Owed", "Masih terutang"),
    ("app_entries", "Moved by the app, by its ledger", "Mutasi aplikasi menurut buku besarnya"),
    ("without_entry", "Moved without an entry in the ledger", "Mutasi tanpa entri di buku besar"),
    ("wallets", "What the wallets hold", "Isi dompet"),
    ("all_conversions", "All conversions of these affiliates", "Semua konversi afiliasi ini"),
    ("marked_paid", "Marked as paid out", "Ditandai sudah dicairkan"),
    ("asked", "Payouts asked for and not paid yet", "Pencairan diminta, belum dibayar"),
    ("overdrawn", "Asked for beyond the conversions", "Diminta melebihi konversi"),
    ("requestable", "May be requested now", "Dapat dicairkan sekarang"),
];

/// The statements.
const STATEMENTS: &[Entry] = &[
    ("orders", "From gross to revenue", "Dari bruto ke pendapatan"),
    ("upper_tiers", "Upper tiers, from Sejoli to the ledgers", "Tingkat atas, dari Sejoli ke buku besar"),
    ("commission", "From paid orders to commission earned", "Dari pesanan lunas ke komisi diperoleh"),
    ("wallets", "From commission earned to wallets", "Dari komisi diperoleh ke dompet"),
    ("requestable", "What may be requested", "Yang dapat dicairkan"),
];

/// The reasons of the verdict.
const REASONS: &[Entry] = &[
    ("run_not_complete", "The run is not complete", "Proses impor belum selesai"),
    ("run_rolled_back", "The run is rolled back", "Impor ini sudah dibatalkan (rollback)"),
    (
        "interrupted",
        "Another run was interrupted and is not complete",
        "Proses lain terputus dan belum selesai",
    ),
    (
        "nothing_imported",
        "Nothing was imported: no order, no membership, no affiliate",
        "Belum ada yang diimpor: tidak ada pesanan, keanggotaan, atau afiliasi",
    ),
    (
        "nothing_read",
        "The run has read nothing: its files have headers and no rows",
        "Proses ini tidak membaca apa pun: berkasnya hanya berisi judul kolom",
    ),
    ("books_unbalanced", "Books that do not balance", "Pembukuan yang tidak seimbang"),
    ("does_not_add_up", "Tables that do not add up", "Tabel yang jumlahnya tidak cocok"),
    (
        "requestable_beyond_wallet",
        "Affiliates may request more than their wallet holds",
        "Afiliasi dapat mencairkan lebih dari isi dompetnya",
    ),
    ("wallet_below_zero", "Wallets below zero", "Dompet bersaldo negatif"),
    (
        "uncredited",
        "Commissions of known affiliates that are not credited",
        "Komisi afiliasi yang dikenal tetapi belum dikreditkan",
    ),
    ("of_nobody", "Conversions of no settled affiliate", "Konversi tanpa afiliasi yang diselesaikan"),
    (
        "orders_waiting",
        "Orders outside of the app: held, rejected or unreadable",
        "Pesanan di luar aplikasi: ditahan, ditolak, atau tidak terbaca",
    ),
    (
        "other_rows_waiting",
        "Rows of affiliates and memberships that wait",
        "Baris afiliasi dan keanggotaan yang menunggu",
    ),
    ("changes_waiting", "Changes of imported orders that wait", "Perubahan pesanan terimpor yang menunggu"),
    (
        "pending_affiliates",
        "Affiliates to decide on, with their commission",
        "Afiliasi yang perlu diputuskan, beserta komisinya",
    ),
    ("unknown_affiliates", "Codes that no affiliate was imported for", "Kode tanpa afiliasi yang diimpor"),
    ("without_code", "Commissions that name no affiliate", "Komisi yang tidak menyebut afiliasi"),
    ("paid_too_much", "Affiliates who were paid too much", "Afiliasi yang dibayar berlebih"),
    (
        "without_entry",
        "Wallets moved without an entry in the ledger",
        "Dompet berubah tanpa entri di buku besar",
    ),
    (
        "pages_differ",
        "Pages of the app that show something wrong",
        "Halaman aplikasi yang menampilkan hal yang salah",
    ),
    ("high_amounts", "Orders of a high amount to look over", "Pesanan bernominal tinggi yang perlu ditinjau"),
    (
        "commission_mismatches",
        "Commissions that are not rate times amount",
        "Komisi yang tidak sama dengan tarif kali nominal",
    ),
    (
        "tasks_before",
        "Things to do before, see “To do”",
        "Yang harus dilakukan lebih dulu, lihat “Daftar tugas”",
    ),
];

/// What tables are held against.
const CHECKS: &[Entry] = &[
    (
        "months_are_all",
        "the months come to all imported orders",
        "jumlah semua bulan sama dengan semua pesanan terimpor",
    ),
    (
        "paid_months_are_paid",
        "what was paid in the months comes to all paid orders",
        "yang dibayar per bulan sama dengan semua pesanan lunas",
    ),
    (
        "earned_months_are_conversions",
        "what was earned in the months comes to all conversions",
        "yang diperoleh per bulan sama dengan semua konversi",
    ),
    (
        "products_are_all",
        "the products come to all imported orders",
        "jumlah semua produk sama dengan semua pesanan terimpor",
    ),
    (
        "codes_are_all",
        "the affiliates, and the orders without one, come to all imported orders",
        "afiliasi dan pesanan tanpa afiliasi sama dengan semua pesanan terimpor",
    ),
    (
        "codes_are_conversions",
        "their conversions come to all conversions",
        "konversi mereka sama dengan semua konversi",
    ),
    (
        "codes_are_earned",
        "what they have earned comes to what is settled",
        "yang mereka peroleh sama dengan yang diselesaikan",
    ),
    (
        "people_are_owed",
        "what the people are owed comes to what the codes are owed",
        "utang per orang sama dengan utang per kode",
    ),
    (
        "ledgers_are_owed",
        "the imports' ledger entries come to what is owed",
        "entri buku besar impor sama dengan yang terutang",
    ),
];

/// Phases and kinds.
const PHASES: &[Entry] = &[
    ("catalogue", "catalogue", "katalog"),
    ("affiliates", "affiliates", "afiliasi"),
    ("orders", "orders", "pesanan"),
    ("commissions", "commissions", "komisi"),
    ("settlement", "settlement", "penyelesaian komisi"),
    ("memberships", "memberships", "keanggotaan"),
    ("follow-up", "follow-up", "tindak lanjut"),
    ("products", "products", "produk"),
    ("access", "groups, courses and products", "grup, kelas, dan produk"),
    ("one-active", "one active membership", "satu keanggotaan aktif"),
    ("identities", "identities", "identitas"),
    ("mappings", "decisions on affiliates", "keputusan tentang afiliasi"),
    ("people", "decisions on people", "keputusan tentang orang"),
    ("grant", "grant", "pemberian akses"),
    ("repair", "repair", "perbaikan"),
];

/// Words of the machine's that stand in tables.
const WORDS: &[Entry] = &[
    ("COMPLETED", "complete", "selesai"),
    ("RUNNING", "not complete", "belum selesai"),
    ("SUPERSEDED", "left behind", "ditinggalkan"),
    ("ROLLING_BACK", "being rolled back", "sedang dibatalkan"),
    ("ROLLED_BACK", "rolled back", "dibatalkan"),
    ("SUCCESS", "paid", "lunas"),
    ("PENDING", "not paid yet", "belum dibayar"),
    ("FAILED", "cancelled or expired", "batal atau kedaluwarsa"),
    ("REFUNDED", "refunded", "dikembalikan"),
    ("rejected", "rejected", "ditolak"),
    ("held", "held", "ditahan"),
    ("warning", "warning", "peringatan"),
    ("info", "note", "catatan"),
];

/// The app's pages, by the names of their checks.
const PAGES: &[Entry] = &[
    ("log-in", "log-in", "masuk (log-in)"),
    ("members' pages", "members' pages", "halaman anggota"),
    ("one active membership", "one active membership", "satu keanggotaan aktif"),
    ("my membership", "my membership", "keanggotaan saya"),
    ("membership status", "membership status", "status keanggotaan"),
    ("list of memberships", "list of memberships", "daftar keanggotaan"),
    ("courses of a membership", "courses of a membership", "kelas dari keanggotaan"),
    ("my groups", "my groups", "grup saya"),
    ("my courses", "my courses", "kelas saya"),
    ("a course opens", "a course opens", "kelas dapat dibuka"),
    ("my products", "my products", "produk saya"),
    ("reminders to learn", "reminders to learn", "pengingat belajar"),
    ("admin memberships", "admin memberships", "keanggotaan di halaman admin"),
    ("affiliate door", "affiliate door", "pintu afiliasi"),
    ("onboarding", "onboarding", "pendaftaran afiliasi"),
    ("ref link", "ref link", "tautan afiliasi"),
    ("payout gate", "payout gate", "batas pencairan"),
    ("payouts page", "payouts page", "halaman pencairan"),
    ("wallet page", "wallet page", "halaman dompet"),
    ("dashboard", "dashboard", "dasbor"),
    ("admin pays", "admin pays", "admin membayar"),
    ("leaderboards", "leaderboards", "papan peringkat"),
    ("admin commissions", "admin commissions", "komisi di halaman admin"),
    ("my orders", "my orders", "pesanan saya"),
    ("bought products", "bought products", "produk yang dibeli"),
    ("membership of an order", "membership of an order", "keanggotaan dari pesanan"),
    ("credited affiliate", "credited affiliate", "afiliasi yang dikreditkan"),
    ("sales list", "sales list", "daftar penjualan"),
    ("admin sales row", "admin sales row", "baris penjualan admin"),
    ("confirm a pending order", "confirm a pending order", "konfirmasi pesanan tertunda"),
    ("invoice numbers", "invoice numbers", "nomor faktur"),
    ("admin revenue", "admin revenue", "pendapatan di halaman admin"),
    ("payment jobs", "payment jobs", "tugas pembayaran"),
    ("next invoice number", "next invoice number", "nomor faktur berikutnya"),
];

/// What they add up or show.
const FIGURES: &[Entry] = &[
    ("people", "people", "orang"),
    ("affiliates", "affiliates", "afiliasi"),
    ("orders", "orders", "pesanan"),
    ("totals", "totals", "total"),
    ("questions", "questions", "pertanyaan"),
    ("numbers", "numbers", "nomor"),
    ("can be requested", "can be requested", "dapat dicairkan"),
    ("to be paid", "to be paid", "akan dibayar"),
    ("balance", "balance", "saldo"),
    ("earned", "earned", "diperoleh"),
    ("paid", "paid", "dibayar"),
    ("on the boards", "on the boards", "di papan peringkat"),
    ("sales", "sales", "penjualan"),
    ("paid orders", "paid orders", "pesanan lunas"),
    ("imported revenue", "imported revenue", "pendapatan terimpor"),
    ("running memberships", "running memberships", "keanggotaan berjalan"),
    ("commissions", "commissions", "komisi"),
];

fn find(entries: &[Entry], key: &str, language: Language) -> String {
    let entry = entries.iter().find(|(name, ..)| *name == key);
    entry.map_or(key, |(_, english, indonesian)| language.of(english, indonesian)).to_owned()
}

/// The words of a statement's line.
pub(in crate::cli::render) fn line(key: &str, language: Language) -> String {
    find(LINES, key, language)
}

/// The title of a statement.
pub(super) fn statement(key: &str, language: Language) -> String {
    find(STATEMENTS, key, language)
}

/// The words of a reason.
pub(super) fn reason(key: &str, language: Language) -> String {
    find(REASONS, key, language)
}

/// The words of a check.
pub(super) fn check(key: &str, language: Language) -> String {
    find(CHECKS, key, language)
}

/// The words of one of the app's pages.
pub(super) fn page(key: &str, language: Language) -> String {
    find(PAGES, key, language)
}

/// The words of a page's figure.
pub(super) fn figure(key: &str, language: Language) -> String {
    find(FIGURES, key, language)
}

/// The words of a phase.
pub(in crate::cli::render) fn phase(key: &str, language: Language) -> String {
    find(PHASES, key, language)
}

/// The words of a status, a state or a severity.
pub(in crate::cli::render) fn word(key: &str, language: Language) -> String {
    find(WORDS, key, language)
}
