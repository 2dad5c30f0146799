//! A small shop with one of each thing that makes a shop difficult. All of it is invented.

use super::{Shop, Table, Value};

/// What no output may hold.
pub const SECRETS: [&str; 2] = ["$P$BnotArealHash", "feedfacecafe0000deadbeef"];

const NEVER: &str = "0000-00-00 00:00:00";

macro_rules! row {
    ($($cell:expr),+ $(,)?) => { vec![$(Value::from($cell)),+] };
}

/// A text as PHP serializes it.
fn text(text: &str) -> String {
    format!("s:{}:\"{text}\";", text.len())
}

fn money(amount: &str) -> Value {
    Value::Number(amount.to_owned())
}

/// The data of an order: a note, a unique code, more entries, and the moves of its status.
fn meta(note: &str, unique_code: &str, more: &str, moves: &[(&str, &str, &str)]) -> String {
    let entry = |(at, (when, from, to)): (usize, &(&str, &str, &str))| {
        let pairs = [("old_status", from), ("new_status", to), ("updated_by", &"Siti ✨")];
        let pairs: String = pairs.iter().map(|(key, value)| text(key) + &text(value)).collect();
        let key = 1_700_000_000 - at;
        format!("i:{key};a:5:{{{}i:1;{}{}{pairs}}}", text("order_id"), text("update_date"), text(when))
    };
    let keys = ["order_id", "update_date", "old_status", "new_status", "updated_by"];
    let blank: String = keys.iter().map(|key| text(key) + &text("")).collect();
    let entries: String = moves.iter().enumerate().map(entry).collect();
    let log = format!("a:{}:{{{blank}{entries}}}", moves.len() + 5);
    let manual = format!("a:1:{{{}{unique_code}}}", text("unique_code"));
    let count = 3 + more.matches(";a:").count() + usize::from(more.contains("wallet"));
    format!(
        "a:{count}:{{{}{}{}{manual}{}{log}{more}}}",
        text("note"),
        text(note),
        text("manual"),
        text("status_log")
    )
}

/// What was encoded twice.
fn twice(text: &str) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
}

fn orders() -> Table {
    let shipping = format!("{}a:1:{{{}{}}}", text("shipping_data"), text("phone"), text("0812-0000-0022"));
    let wallet = format!("{}i:25000;", text("wallet"));
    let code = "i:413;";
    let done = ("01-02-2024 09:00:05", "on-hold", "completed");
    let whole = meta("", "N;", "", &[done]);
    let damaged = format!("{}i:1;s:9:\"cut", &meta("", "N;", "", &[done])[..40]);
    let nasty = "it's \"urgent\"; 100% \\ '),(1,'\nINSERT INTO `wp_users` VALUES (1);\t-- end /* */ \u{1}";
    let paid = "2024-02-01 09:00:00";
    let created = "2024-01-31 20:00:00";
    let mut rows = Vec::new();
    let mut order = |id: i64,
                     updated: &str,
                     who: [i64; 5],
                     gateway: &str,
                     total: &str,
                     kind: &str,
                     status: &str,
                     meta: String| {
        let [parent, product, user, affiliate, coupon] = who;
        rows.push(vec![
            Value::from(id),
            created.into(),
            updated.into(),
            NEVER.into(),
            parent.into(),
            product.into(),
            user.into(),
            affiliate.into(),
            coupon.into(),
            gateway.into(),
            money(total),
            Value::from(if id == 12 { 2 } else { 1 }),
            kind.into(),
            status.into(),
            meta.into(),
        ]);
    };
    let subscription = "subscription-regular";
    let back = ("03-02-2024 10:00:00", "completed", "refunded");
    let form = ("02-02-2024 10:00:00", "completed", "payment-confirm");
    order(
        1,
        paid,
        [0, 101, 20, 10, 0],
        "manual",
        "899413.00",
        subscription,
        "completed",
        meta("", code, "", &[done]),
    );
    order(
        2,
        paid,
        [0, 103, 21, 10, 0],
        "duitku",
        "1998000.00",
        "regular",
        "completed",
        meta("", "N;", &wallet, &[]),
    );
    order(
        3,
        NEVER,
        [0, 201, 22, 0, 0],
        "moota",
        "35000.00",
        "regular",
        "on-hold",
        meta(nasty, "N;", &shipping, &[]),
    );
    order(
        4,
        paid,
        [0, 101, 20, 10, 0],
        "manual",
        "899000.00",
        subscription,
        "cancelled",
        meta("", "N;", "", &[]),
    );
    order(
        5,
        "2024-02-03 10:00:00",
        [0, 101, 22, 0, 0],
        "manual",
        "899000.00",
        subscription,
        "refunded",
        meta("", "N;", "", &[done, back]),
    );
    order(6, paid, [0, 205, 99, 0, 0], "manual", "250000.00", "regular", "completed", whole.clone());
    order(
        7,
        "2024-02-02 10:00:00",
        [0, 101, 20, 10, 0],
        "manual",
        "899000.00",
        subscription,
        "payment-confirm",
        meta("", "N;", "", &[done, form]),
    );
    order(8, NEVER, [0, 201, 20, 0, 0], "manual", "35000.00", "regular", "menunggu-review", String::new());
    order(9, paid, [1, 101, 20, 10, 0], "manual", "899000.00", subscription, "completed", twice(&whole));
    order(10, paid, [0, 201, 20, 11, 0], "manual", "35000.00", "regular", "completed", damaged);
    order(11, paid, [0, 201, 20, 10, 0], "manual", "35000.00", "regular", "completed", whole.clone());
    order(12, paid, [0, 201, 21, 98, 3], "manual", "150123.55", "regular", "completed", whole.clone());
    let cod = [
        ("01-02-2024 09:00:05", "in-progress", "shipping"),
        ("05-02-2024 10:00:00", "shipping", "completed"),
    ];
    order(
        13,
        "2024-02-05 10:00:00",
        [0, 201, 20, 0, 0],
        "cod",
        "35000.00",
        "regular",
        "completed",
        meta("", "N;", "", &cod),
    );
    order(14, NEVER, [0, 201, 20, 0, 0], "manual", "0.00", "regular", "completed", meta("", "N;", "", &[]));
    order(15, paid, [0, 101, 22, 0, 0], "manual", "899000.00", subscription, "completed", whole);
    rows[10][3] = "2024-06-01 00:00:00".into();
    Table {
        name: "sejolisa_orders",
        columns: vec![
            ("ID", "int(10) unsigned NOT NULL AUTO_INCREMENT"),
            ("created_at", "datetime NOT NULL"),
            ("updated_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("deleted_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("order_parent_id", "int(11) NOT NULL DEFAULT 0"),
            ("product_id", "int(11) NOT NULL"),
            ("user_id", "int(11) NOT NULL"),
            ("affiliate_id", "int(11) NOT NULL"),
            ("coupon_id", "int(11) NOT NULL"),
            ("payment_gateway", "varchar(255) NOT NULL DEFAULT 'manual'"),
            ("grand_total", "double(12,2) NOT NULL"),
            ("quantity", "int(11) NOT NULL DEFAULT 1"),
            ("type", "varchar(100) NOT NULL DEFAULT 'regular'"),
            ("status", "varchar(100) NOT NULL DEFAULT 'on-hold'"),
            ("meta_data", "text NOT NULL"),
        ],
        rows,
    }
}

fn commissions() -> Table {
    let mut rows = Vec::new();
    let mut commission =
        |id: i64, order: i64, affiliate: i64, tier: i64, amount: &str, status: &str, paid: i64| {
            let times = ["2024-01-31 20:00:00", "2024-02-01 09:00:00", NEVER].map(Value::from);
            let figures = [order, affiliate, 101, tier].map(Value::from);
            let last = [money(amount), status.into(), paid.into()];
            rows.push([&[Value::from(id)][..], &times, &figures, &last].concat());
        };
    commission(1, 1, 10, 1, "269700.00", "added", 1);
    commission(2, 1, 11, 2, "53940.50", "added", 0);
    commission(3, 2, 10, 1, "499500.00", "added", 0);
    commission(4, 4, 10, 1, "269700.00", "cancelled", 1);
    commission(5, 7, 10, 1, "89900.00", "added", 0);
    commission(6, 10, 11, 1, "3500.00", "pending", 0);
    commission(7, 11, 10, 1, "3500.00", "added", 0);
    commission(8, 12, 98, 1, "15012.36", "added", 0);
    rows[6][3] = "2024-06-01 00:00:00".into();
    Table {
        name: "sejolisa_affiliates",
        columns: vec![
            ("ID", "int(10) unsigned NOT NULL AUTO_INCREMENT"),
            ("created_at", "datetime NOT NULL"),
            ("updated_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("deleted_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("order_id", "int(11) NOT NULL"),
            ("affiliate_id", "int(11) NOT NULL"),
            ("product_id", "int(11) NOT NULL"),
            ("tier", "int(11) NOT NULL"),
            ("commission", "double(12,2) NOT NULL"),
            ("status", "varchar(100) NOT NULL DEFAULT 'pending'"),
            ("paid_status", "tinyint(4) NOT NULL DEFAULT 0"),
        ],
        rows,
    }
}

fn subscriptions() -> Table {
    let row = |id: i64, order: i64, user: i64, updated: &str, end: &str, status: &str| {
        row![id, "2024-02-01 09:00:00", updated, NEVER, order, 0, user, 101, "regular", end, status,]
    };
    Table {
        name: "sejolisa_subscriptions",
        columns: vec![
            ("ID", "int(10) unsigned NOT NULL AUTO_INCREMENT"),
            ("created_at", "datetime NOT NULL"),
            ("updated_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("deleted_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("order_id", "int(11) NOT NULL"),
            ("order_parent_id", "int(11) NOT NULL DEFAULT 0"),
            ("user_id", "int(11) NOT NULL"),
            ("product_id", "int(11) NOT NULL"),
            ("type", "varchar(100) NOT NULL DEFAULT 'regular'"),
            ("end_date", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("status", "varchar(100) NOT NULL DEFAULT 'pending'"),
        ],
        rows: vec![
            row(1, 1, 20, NEVER, "2024-07-30 09:00:00", "active"),
            row(2, 5, 22, "2024-02-03 10:00:00", "2024-07-30 09:00:00", "pending"),
            row(3, 7, 20, NEVER, "2026-07-30 09:00:00", "active"),
            row(4, 15, 22, "2024-03-01 10:00:00", "2026-07-30 09:00:00", "expired"),
            row(5, 15, 22, "2024-03-01 10:00:00", "2026-07-30 09:00:00", "inactive"),
            row(6, 77, 20, "2024-07-30 09:05:00", "2024-07-30 09:00:00", "expired"),
        ],
    }
}

fn people() -> [Table; 2] {
    let user = |id: i64, email: &str, name: &str| {
        let hash = format!("{}{id}", SECRETS[0]);
        row![
            id,
            format!("user{id}"),
            hash,
            email,
            "2021-01-01 20:15:24",
            "1700000000:$P$BnotArealHashKey",
            name
        ]
    };
    let users = vec![
        user(1, "admin@toko.example", "Admin Toko"),
        user(10, "Mitra.Sepuluh@Example.net", "Mitra &amp; Rekan"),
        user(11, "mitra11@example.net", "Mitra Sebelas"),
        user(20, "budi@example.com", "Budi, \"Si\" Pembeli"),
        user(21, "andre@example.com", &twice("André ✨")),
        user(22, "tanpa.telepon@example.com", "Tanpa Telepon"),
    ];
    let field = |id: i64, user: i64, key: &str, value: &str| row![id, user, key, value];
    let session = format!("a:1:{{s:24:\"{}\";a:0:{{}}}}", SECRETS[1]);
    let fields = vec![
        field(1, 1, "session_tokens", &session),
        field(2, 10, "_phone", "+6281200000010"),
        field(3, 10, "_bank_info", "BCA 0034403738\na.n. \"Mitra\"\t\\"),
        field(4, 10, "_affiliate_id", "11"),
        field(5, 10, "_phone", "second, which WordPress does not go by"),
        field(6, 20, "_phone", "0812-0000-0020"),
        field(7, 21, "nickname", "andre"),
        vec![Value::from(8), Value::from(21), "_phone".into(), Value::Null],
    ];
    [
        Table {
            name: "users",
            columns: vec![
                ("ID", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
                ("user_login", "varchar(60) NOT NULL DEFAULT ''"),
                ("user_pass", "varchar(255) NOT NULL DEFAULT ''"),
                ("user_email", "varchar(100) NOT NULL DEFAULT ''"),
                ("user_registered", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
                ("user_activation_key", "varchar(255) NOT NULL DEFAULT ''"),
                ("display_name", "varchar(250) NOT NULL DEFAULT ''"),
            ],
            rows: users,
        },
        Table {
            name: "usermeta",
            columns: vec![
                ("umeta_id", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
                ("user_id", "bigint(20) unsigned NOT NULL DEFAULT 0"),
                ("meta_key", "varchar(255) DEFAULT NULL"),
                ("meta_value", "longtext DEFAULT NULL"),
            ],
            rows: fields,
        },
    ]
}

fn pages() -> [Table; 3] {
    let post = |id: i64, title: &str, kind: &str| row![id, "<p>'Isi'; --</p>", title, "publish", kind];
    let posts = vec![
        post(101, "Membership 6 Bulan", "sejoli-product"),
        post(103, "Kelas Ekspor &amp; Impor  Lengkap", "sejoli-product"),
        post(201, "Ebook", "sejoli-product"),
        post(900, "Halaman Muka", "page"),
        post(950, "Ruang Anggota", "sejoli-access"),
        post(5101, "Judul lama", "revision"),
    ];
    let mut fields = Vec::new();
    let mut field = |post: i64, key: &str, value: &str| {
        let id = fields.len() as i64 + 1;
        fields.push(row![id, post, key, value]);
    };
    for (product, price, payment, count, period) in [
        (101, "899000", "recurring", "6", "monthly"),
        (103, "1998000", "one-time", "30", "daily"),
        (201, "35000", "one-time", "30", "daily"),
    ] {
        field(product, "_edit_lock", "1700000000:1");
        field(product, "_price", price);
        field(product, "_payment_type", payment);
        field(product, "_subscription_duration", count);
        field(product, "_subscription_period", period);
    }
    field(950, "_product_association|||0|value", "post:sejoli-product:101");
    field(950, "_product_association|||0|id", "101");
    field(950, "_product_association|||1|id", "103");
    let option = |id: i64, name: &str, value: &str| row![id, name, value];
    let options = vec![
        option(1, "siteurl", "https://toko.example"),
        option(2, "timezone_string", "Asia/Jakarta"),
        option(3, "gmt_offset", "0"),
        option(4, "_sejoli_currency_type", "IDR"),
        option(5, "auth_key", SECRETS[1]),
    ];
    let long = "longtext NOT NULL";
    [
        Table {
            name: "posts",
            columns: vec![
                ("ID", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
                ("post_content", long),
                ("post_title", "text NOT NULL"),
                ("post_status", "varchar(20) NOT NULL DEFAULT 'publish'"),
                ("post_type", "varchar(20) NOT NULL DEFAULT 'post'"),
            ],
            rows: posts,
        },
        Table {
            name: "postmeta",
            columns: vec![
                ("meta_id", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
                ("post_id", "bigint(20) unsigned NOT NULL DEFAULT 0"),
                ("meta_key", "varchar(255) DEFAULT NULL"),
                ("meta_value", "longtext DEFAULT NULL"),
            ],
            rows: fields,
        },
        Table {
            name: "options",
            columns: vec![
                ("option_id", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
                ("option_name", "varchar(191) NOT NULL DEFAULT ''"),
                ("option_value", long),
            ],
            rows: options,
        },
    ]
}

fn coupons() -> Table {
    let coupon =
        |id: i64, deleted: &str, user: i64, parent: i64, code: &str| row![id, deleted, user, parent, code];
    Table {
        name: "sejolisa_coupons",
        columns: vec![
            ("ID", "int(10) unsigned NOT NULL AUTO_INCREMENT"),
            ("deleted_at", "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
            ("user_id", "int(11) NOT NULL"),
            ("coupon_parent_id", "int(11) NOT NULL DEFAULT 0"),
            ("code", "varchar(255) NOT NULL"),
        ],
        rows: vec![
            coupon(1, NEVER, 0, 0, "HEMAT25"),
            coupon(2, NEVER, 22, 1, "MITRA22"),
            coupon(3, "2024-05-01 00:00:00", 0, 0, "LAMA"),
        ],
    }
}

/// The shop, with its tables by name, as a dump has them, and one that does not matter.
pub fn small_shop() -> Shop {
    let note = "Mantap! \\o/ '; -- ini bukan SQL\n\nINSERT INTO `wp_sejolisa_orders` VALUES (1);";
    let comments = Table {
        name: "comments",
        columns: vec![
            ("comment_ID", "bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
            ("comment_content", "text NOT NULL"),
        ],
        rows: vec![row![1, note], row![2, ""]],
    };
    let mut tables = vec![comments, orders(), commissions(), subscriptions(), coupons()];
    tables.extend(people());
    tables.extend(pages());
    tables.sort_by_key(|table| table.name);
    Shop { prefix: "wp_".to_owned(), tables }
}
