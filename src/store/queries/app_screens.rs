//! What the app's screens go by as a whole: which app it is, what its plans open, and what its own orders look like.

use crate::domain::money::Money;
use crate::language::tr;
use std::collections::{HashMap, HashSet};

use crate::store::codec::record::Record as _;
use crate::store::queries::answers::texts;
use crate::store::schema::tables::{
    Course, CourseStatus, Group, MembershipCourse, MembershipGroup, MembershipProduct, Transaction,
};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// Which of the app's two known forms a database is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppGeneration {
    /// The app of December 2025.
    December2025,
    /// The app of January 2026.
    January2026,
}

impl AppGeneration {
    /// What it is called in a report.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::December2025 => tr!("the app of December 2025"),
            Self::January2026 => tr!("the app of January 2026"),
        }
    }
}

/// Which app it is: two columns came with the one of January 2026.
pub(crate) fn generation(store: &Store) -> AppGeneration {
    let is_newer = has_column(store, "User", "preferredDashboard")
        || store.has_column(Transaction::TABLE, "membershipId");
    if is_newer { AppGeneration::January2026 } else { AppGeneration::December2025 }
}

/// Whether the app has a column, also one that no import knows.
pub(crate) fn has_column(store: &Store, table: &str, column: &str) -> bool {
    store.loaded_catalogue().get(table).is_some_and(|shape| shape.column(column).is_some())
}

/// What the plans open, each by the plan's id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Openings {
    /// The groups of each plan.
    pub(crate) groups: HashMap<String, Vec<String>>,
    /// The courses of each plan.
    pub(crate) courses: HashMap<String, Vec<String>>,
    /// The products of each plan.
    pub(crate) products: HashMap<String, Vec<String>>,
    /// The names of the groups that are shown, by id.
    pub(crate) open_groups: HashMap<String, String>,
    /// The titles of the courses that may be opened, by id.
    pub(crate) open_courses: HashMap<String, String>,
    /// Those of them that any running membership opens.
    pub(crate) included_courses: HashSet<String>,
}

/// Reads what the plans open; a table that is missing says nothing.
pub(crate) fn openings(store: &mut Store) -> anyhow::Result<Openings> {
    fn by_plan(rows: impl Iterator<Item = (String, String)>) -> HashMap<String, Vec<String>> {
        let mut opened: HashMap<String, Vec<String>> = HashMap::new();
        for (plan, what) in rows {
            opened.entry(plan).or_default().push(what);
        }
        opened
    }
    let (groups, courses, products, all_groups, all_courses) = store.answer((
        store.every_row::<MembershipGroup>(),
        store.every_row::<MembershipCourse>(),
        store.every_row::<MembershipProduct>(),
        store.every_row::<Group>(),
        store.every_row::<Course>(),
    ))?;
    let closed = [CourseStatus::Draft, CourseStatus::Archived];
    let open = || all_courses.iter().filter(|course| !closed.contains(&course.status));
    Ok(Openings {
        groups: by_plan(groups.into_iter().map(|row| (row.membership_id, row.group_id))),
        courses: by_plan(courses.into_iter().map(|row| (row.membership_id, row.course_id))),
        products: by_plan(products.into_iter().map(|row| (row.membership_id, row.product_id))),
        open_groups: all_groups
            .into_iter()
            .filter(|group| group.is_active)
            .map(|group| (group.id, group.name))
            .collect(),
        open_courses: open().map(|course| (course.id.clone(), course.title.clone())).collect(),
        included_courses: open()
            .filter(|course| course.membership_included)
            .map(|course| course.id.clone())
            .collect(),
    })
}

/// The newest 100 invoice numbers that begin with `INV`, from which the app of January 2026 counts on.
pub(crate) fn newest_invoices(store: &mut Store) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT \"invoiceNumber\" FROM \"Transaction\" WHERE \"invoiceNumber\" LIKE 'INV%' \
               ORDER BY \"createdAt\" DESC LIMIT 100";
    Ok(texts(store.query(sql, &[])?).collect())
}

/// Which of these invoice numbers an order has.
pub(crate) fn taken_invoices(store: &mut Store, numbers: &[&str]) -> anyhow::Result<Vec<String>> {
    use crate::store::session::columns::KeyFilter;
    let rows: Vec<(String,)> =
        store.columns(Transaction::TABLE, &["invoiceNumber"], KeyFilter::keys("invoiceNumber", numbers))?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// How many imported orders that are still unpaid have a reference, by which a cron of the app would ask for them
/// elsewhere; `None` where there is no such column.
pub(crate) fn pending_with_reference(store: &mut Store) -> anyhow::Result<Option<Vec<String>>> {
    if !has_column(store, "Transaction", "reference") {
        return Ok(None);
    }
    let sql = format!(
        "SELECT \"id\" FROM \"Transaction\" WHERE \"status\" = 'PENDING' AND \"reference\" IS NOT NULL \
         AND \"externalId\" {}",
        store.of_sejoli()
    );
    Ok(Some(texts(store.query(&sql, &[])?).collect::<Vec<_>>()))
}

/// The paid orders of the app by the amount that each has charged, which its pages add up as revenue.
#[derive(Clone, Debug)]
pub(crate) struct RevenueGroup {
    /// What was sold.
    pub(crate) kind: String,
    /// Whether an import has made them.
    pub(crate) is_imported: bool,
    /// What each has charged.
    pub(crate) amount: Money,
    /// How many there are.
    pub(crate) orders: i64,
}

/// All paid orders, whoever has made them. Amounts are summed in the program: a database would add some as floats.
pub(crate) fn revenue(store: &mut Store) -> anyhow::Result<Vec<RevenueGroup>> {
    let of = [(true, "\"externalId\" "), (false, "\"externalId\" IS NULL OR \"externalId\" NOT ")];
    let groups = of.map(|(is_imported, condition)| {
        let sql = format!(
            "SELECT \"type\", \"amount\", count(*) FROM \"Transaction\" WHERE \"status\" = 'SUCCESS' AND ({condition}{}) \
             GROUP BY \"type\", \"amount\"",
            store.of_sejoli()
        );
        let group = move |(kind, amount, orders)| RevenueGroup { kind, is_imported, amount, orders };
        let found = store.tuples::<(String, Money, i64)>(Transaction::TABLE.name, sql, Vec::new());
        found.map(move |rows| rows.into_iter().map(group).collect::<Vec<_>>())
    });
    store.answer(DeferredQuery::joined(groups))
}
