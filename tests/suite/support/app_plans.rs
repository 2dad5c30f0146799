//! The app's plans, and the groups, courses and products that its team has linked to them before an import.

use super::app_rows::CREATED_AT;
use super::library::{
    DatabaseUse, JsonText, Money, Rate,
    tables::{CommissionType, Membership, MembershipDuration},
};
use super::{AppDatabase, insert_app_user, texts};

/// Puts a plan into the app; its id is `p-` and the slug.
pub fn insert_plan(db: &AppDatabase, slug: &str) {
    let plan = Membership {
        id: format!("p-{slug}"),
        name: slug.to_owned(),
        slug: Some(slug.to_owned()),
        description: String::new(),
        duration: MembershipDuration::TwelveMonths,
        price: Money::rupiah(1_000_000),
        commission_type: CommissionType::Percentage,
        affiliate_commission_rate: Rate::from_hundredths(0),
        features: JsonText("[]".to_owned()),
        is_active: true,
        created_at: CREATED_AT,
        updated_at: CREATED_AT,
    };
    db.store(DatabaseUse::Write).insert(plan).expect("a plan of the app");
}

/// Puts the owner of groups, two groups, two courses and two products into the app, as far as it has the tables.
pub fn insert_doors(db: &AppDatabase) {
    insert_app_user(db, "u-team", "tim@example.org", "Tim", "ADMIN");
    let has = |table: &str| db.store(DatabaseUse::Read).catalogue().expect("a catalogue").contains_key(table);
    for id in ["all", "saudagar"] {
        let rows = [
            ("Group", format!("(\"id\", \"name\", \"ownerId\") VALUES ('g-{id}', 'Grup {id}', 'u-team')")),
            (
                "Course",
                format!("(\"id\", \"title\", \"status\") VALUES ('c-{id}', 'Kelas {id}', 'PUBLISHED')"),
            ),
            (
                "Product",
                format!(
                    "(\"id\", \"creatorId\", \"name\", \"slug\", \"description\", \"price\", \"createdAt\", \
                     \"updatedAt\") \
                     SELECT 'b-{id}', 'u-team', 'Buku {id}', 'buku-{id}', '', 50000, \"createdAt\", \"updatedAt\" FROM \"User\" \
                     WHERE \"id\" = 'u-team'"
                ),
            ),
        ];
        for (table, row) in rows.iter().filter(|(table, _)| has(table)) {
            db.sql(&format!("INSERT INTO \"{table}\" {row}"));
        }
    }
}

/// Links a group (`g-…`), a course (`c-…`) or a product (`b-…`) to a plan, if the app has the table for that.
pub fn link(db: &AppDatabase, plan: &str, door: &str) {
    let (table, column) = match door.split_at(2).0 {
        "g-" => ("MembershipGroup", "groupId"),
        "c-" => ("MembershipCourse", "courseId"),
        _ => ("MembershipProduct", "productId"),
    };
    if db.store(DatabaseUse::Read).catalogue().expect("a catalogue").contains_key(table) {
        db.sql(&format!(
            "INSERT INTO \"{table}\" (\"id\", \"membershipId\", \"{column}\") \
             VALUES ('{plan}-{door}', 'p-{plan}', '{door}')"
        ));
    }
}

/// Who is in which group and course and has which product, as "address door", in order. The app must have the tables.
pub fn open_doors(db: &AppDatabase) -> Vec<String> {
    let of = |table: &str, column: &str| {
        format!(
            "SELECT u.\"email\" || ' ' || d.\"{column}\" AS \"shown\" FROM \"{table}\" d \
             JOIN \"User\" u ON u.\"id\" = d.\"userId\""
        )
    };
    let all =
        [of("GroupMember", "groupId"), of("CourseEnrollment", "courseId"), of("UserProduct", "productId")];
    texts(db, &format!("{} ORDER BY \"shown\"", all.join(" UNION ALL ")))
}
