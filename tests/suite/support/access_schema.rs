//! The part of the app's schema that opens groups, courses and payouts, which a database may have beside the tables that
//! every import needs. It is described once and written for each engine. The bench has it, too.

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    Postgres,
    /// MySQL and MariaDB, with names in double quotes.
    #[cfg_attr(not(feature = "mysql"), allow(dead_code))]
    Mysql,
}

/// Whether the tables keep references and unique values, as the app's schema of December 2025 does, or hardly any, as the
/// one of January 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// With foreign keys and unique indexes.
    Strict,
    /// With neither.
    Loose,
}

/// Columns that the app has since January 2026, or that only affiliates' pages read.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("User", "affiliateMenuEnabled", "flag"),
    ("User", "preferredDashboard", "text?"),
    ("User", "memberCode", "text?"),
    ("AffiliateProfile", "profileCompleted", "flag"),
    ("AffiliateProfile", "profileCompletedAt", "time?"),
    ("AffiliateProfile", "bankName", "text?"),
    ("AffiliateProfile", "bankAccountName", "text?"),
    ("AffiliateProfile", "bankAccountNumber", "text?"),
    ("Transaction", "membershipId", "text?"),
];

/// Each table with its columns. A reference is written as `>Table`.
const TABLES: &[(&str, &[(&str, &str)])] = &[
    (
        "Payout",
        &[("walletId", ">Wallet"), ("amount", "money"), ("status", "PayoutStatus"), ("createdAt", "time")],
    ),
    (
        "AffiliateLink",
        &[
            ("userId", ">User?"),
            ("affiliateId", ">AffiliateProfile?"),
            ("membershipId", ">Membership?"),
            ("code", "text"),
            ("fullUrl", "text?"),
            ("linkType", "AffiliateLinkType"),
            ("clicks", "int"),
            ("conversions", "int"),
            ("isActive", "true"),
            ("isArchived", "flag"),
            ("createdAt", "time"),
            ("updatedAt", "time"),
        ],
    ),
    ("Group", &[("name", "text"), ("ownerId", ">User"), ("isActive", "true")]),
    (
        "GroupMember",
        &[("groupId", ">Group"), ("userId", ">User"), ("role", "GroupRole"), ("joinedAt", "time")],
    ),
    ("Course", &[("title", "text"), ("status", "CourseStatus"), ("membershipIncluded", "flag")]),
    (
        "CourseEnrollment",
        &[
            ("courseId", ">Course"),
            ("userId", ">User"),
            ("progress", "int"),
            ("completed", "flag"),
            ("transactionId", "text?"),
            ("createdAt", "time"),
            ("updatedAt", "time"),
        ],
    ),
    ("UserCourseProgress", &[("userId", ">User"), ("courseId", ">Course")]),
    ("MembershipGroup", &[("membershipId", ">Membership"), ("groupId", ">Group")]),
    ("MembershipCourse", &[("membershipId", ">Membership"), ("courseId", ">Course")]),
    ("MembershipProduct", &[("membershipId", ">Membership"), ("productId", ">Product")]),
    ("ProductCourse", &[("productId", ">Product"), ("courseId", ">Course")]),
];

/// The tables that hold two references only once.
const PAIRS: &[(&str, &str, &str)] = &[
    ("GroupMember", "groupId", "userId"),
    ("CourseEnrollment", "userId", "courseId"),
    ("MembershipGroup", "membershipId", "groupId"),
    ("MembershipCourse", "membershipId", "courseId"),
    ("MembershipProduct", "membershipId", "productId"),
    ("ProductCourse", "productId", "courseId"),
];

const ENUMS: &[(&str, &str)] = &[
    ("PayoutStatus", "'PENDING', 'APPROVED', 'REJECTED', 'PAID'"),
    ("AffiliateLinkType", "'SALESPAGE_INTERNAL', 'SALESPAGE_EXTERNAL', 'CHECKOUT', 'CHECKOUT_PRO'"),
    ("GroupRole", "'OWNER', 'ADMIN', 'MODERATOR', 'MEMBER'"),
    ("CourseStatus", "'DRAFT', 'PENDING_REVIEW', 'APPROVED', 'REJECTED', 'PUBLISHED', 'ARCHIVED', 'PRIVATE'"),
];

/// The statements that add these tables and columns; `without` names tables that are left out.
pub fn access_schema(dialect: Dialect, strictness: Strictness, without: &[&str]) -> String {
    let is_strict = strictness == Strictness::Strict;
    let mut script = String::new();
    if dialect == Dialect::Postgres {
        for (name, words) in ENUMS {
            script += &format!("CREATE TYPE \"{name}\" AS ENUM ({words});\n");
        }
    }
    for (table, column, kind) in COLUMNS {
        script += &format!("ALTER TABLE \"{table}\" ADD COLUMN \"{column}\" {};\n", declared(dialect, kind));
    }
    for (table, columns) in TABLES.iter().filter(|(table, _)| !without.contains(table)) {
        let mut lines = vec![format!("\"id\" {} NOT NULL PRIMARY KEY", text(dialect))];
        lines.extend(columns.iter().map(|(name, kind)| format!("\"{name}\" {}", declared(dialect, kind))));
        let references = columns.iter().filter_map(|(name, kind)| Some((name, kind.strip_prefix('>')?)));
        let kept = references.filter(|(_, to)| is_strict && !without.contains(&to.trim_end_matches('?')));
        lines.extend(kept.map(|(name, to)| {
            format!("FOREIGN KEY (\"{name}\") REFERENCES \"{}\" (\"id\")", to.trim_end_matches('?'))
        }));
        script += &format!("CREATE TABLE \"{table}\" ({}){};\n", lines.join(", "), collation(dialect));
    }
    if is_strict {
        for (table, one, other) in PAIRS.iter().filter(|(table, ..)| !without.contains(table)) {
            script += &format!(
                "CREATE UNIQUE INDEX \"{table}_{one}_{other}_key\" ON \"{table}\" (\"{one}\", \"{other}\");\n"
            );
        }
        if !without.contains(&"AffiliateLink") {
            script += "CREATE UNIQUE INDEX \"AffiliateLink_code_key\" ON \"AffiliateLink\" (\"code\");\n";
        }
    }
    script
}

/// A reference on MySQL needs the collation of what it refers to.
fn collation(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mysql => " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        _ => "",
    }
}

fn text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mysql => "VARCHAR(191)",
        _ => "TEXT",
    }
}

fn declared(dialect: Dialect, kind: &str) -> String {
    let (kind, null) = match kind.strip_suffix('?') {
        Some(kind) => (kind, "NULL"),
        None => (kind, "NOT NULL"),
    };
    let time = match dialect {
        Dialect::Sqlite => "DATETIME",
        Dialect::Postgres => "TIMESTAMP(3)",
        Dialect::Mysql => "DATETIME(3)",
    };
    match kind {
        "flag" => "BOOLEAN NOT NULL DEFAULT false".to_owned(),
        "true" => "BOOLEAN NOT NULL DEFAULT true".to_owned(),
        "int" => "INTEGER NOT NULL DEFAULT 0".to_owned(),
        "time" if null == "NULL" => format!("{time} NULL"),
        "time" => format!(
            "{time} NOT NULL DEFAULT CURRENT_TIMESTAMP{}",
            if time.ends_with(')') { "(3)" } else { "" }
        ),
        "money" => "DECIMAL(65,30) NOT NULL".to_owned(),
        "text" => format!("{} {null}", text(dialect)),
        reference if reference.starts_with('>') => format!("{} {null}", text(dialect)),
        word if dialect == Dialect::Postgres => format!("\"{word}\" {null}"),
        _ => format!("{} {null}", text(dialect)),
    }
}
