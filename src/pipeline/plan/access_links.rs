//! What the app's plans open: groups, courses and products, as the app's team has linked them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::language::tr;
use crate::store::codec::record::{Record as _, Table};
use crate::store::schema::tables::{
    Course, CourseEnrollment, Group, GroupMember, Membership, MembershipCourse, MembershipGroup,
    MembershipProduct, Product, UserProduct,
};
use crate::store::session::store::Store;

/// A kind of what a plan opens, each with tables of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AccessKind {
    /// A group, by a `GroupMember`.
    Group,
    /// A course, by a `CourseEnrollment`.
    Course,
    /// A product, by a `UserProduct`.
    Product,
}

impl AccessKind {
    /// All kinds.
    pub(crate) const ALL: [Self; 3] = [Self::Group, Self::Course, Self::Product];

    /// The table whose rows open it to a person.
    pub(crate) const fn table(self) -> &'static Table {
        match self {
            AccessKind::Group => GroupMember::TABLE,
            AccessKind::Course => CourseEnrollment::TABLE,
            AccessKind::Product => UserProduct::TABLE,
        }
    }

    /// The table of what is opened, and the one that links plans to it.
    const fn linked(self) -> (&'static Table, &'static Table) {
        match self {
            AccessKind::Group => (Group::TABLE, MembershipGroup::TABLE),
            AccessKind::Course => (Course::TABLE, MembershipCourse::TABLE),
            AccessKind::Product => (Product::TABLE, MembershipProduct::TABLE),
        }
    }

    /// Whether the database has all that opening it needs.
    fn is_kept(self, store: &Store) -> bool {
        let (target, links) = self.linked();
        [self.table(), target, links].iter().all(|table| store.has_table(table.name))
    }
}

/// Something that can be opened: a kind and the id of a group, a course or a product.
pub(crate) type Door = (AccessKind, String);

/// What each plan opens. A link to something that is gone opens nothing.
#[derive(Debug, Default)]
pub(crate) struct PlanLinks {
    /// By the plan's id.
    doors: BTreeMap<String, BTreeSet<Door>>,
    /// The kinds that the database has the tables for.
    kinds: Vec<AccessKind>,
}

impl PlanLinks {
    /// Reads what the app's team has linked.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let kinds: Vec<AccessKind> = AccessKind::ALL.into_iter().filter(|kind| kind.is_kept(store)).collect();
        let mut links = Self { doors: BTreeMap::new(), kinds: kinds.clone() };
        for kind in kinds {
            let pairs: Vec<(String, String)> = match kind {
                AccessKind::Group => {
                    let rows: Vec<MembershipGroup> = store.all_rows()?;
                    rows.into_iter().map(|row| (row.membership_id, row.group_id)).collect()
                }
                AccessKind::Course => {
                    let rows: Vec<MembershipCourse> = store.all_rows()?;
                    rows.into_iter().map(|row| (row.membership_id, row.course_id)).collect()
                }
                AccessKind::Product => {
                    let rows: Vec<MembershipProduct> = store.all_rows()?;
                    rows.into_iter().map(|row| (row.membership_id, row.product_id)).collect()
                }
            };
            let targets: Vec<&str> = pairs.iter().map(|(_, target)| target.as_str()).collect();
            let present: HashSet<String> = store.present_ids(kind.linked().0, &targets)?;
            for (plan, target) in pairs.into_iter().filter(|(_, target)| present.contains(target)) {
                links.doors.entry(plan).or_default().insert((kind, target));
            }
        }
        Ok(links)
    }

    /// Whether the database has no table by which a plan could open anything.
    pub(crate) fn cannot_open(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether no plan opens anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.doors.is_empty()
    }

    /// The kinds that the database has the tables for.
    pub(crate) fn kinds(&self) -> &[AccessKind] {
        &self.kinds
    }

    /// What a plan opens.
    pub(crate) fn doors(&self, plan: &str) -> impl Iterator<Item = &Door> {
        self.doors.get(plan).into_iter().flatten()
    }

    /// Whether a plan opens this.
    pub(crate) fn opens(&self, plan: &str, door: &Door) -> bool {
        self.doors.get(plan).is_some_and(|doors| doors.contains(door))
    }

    /// What there is to say of people whose plans open nothing; nothing where the database could not open anything.
    pub(crate) fn unlinked<'a>(&self, plans: impl IntoIterator<Item = PlanWithPeople<'a>>) -> Vec<Finding> {
        let opens_nothing = |plan: &PlanWithPeople<'_>| {
            plan.people > 0 && plan.id.is_none_or(|id| self.doors(id).next().is_none())
        };
        let finding = |PlanWithPeople { name, people, .. }: PlanWithPeople<'_>| {
            let detail = Detail::said(|| match people {
                1 => tr!("{name}: 1 person"),
                people => tr!("{name}: {people} people"),
            });
            Finding::of_row(Code::PlanOpensNothing, detail)
        };
        let plans = plans.into_iter().filter(|plan| !self.cannot_open() && opens_nothing(plan));
        plans.map(finding).collect()
    }
}

/// A plan and how many people have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanWithPeople<'a> {
    /// What the app calls it.
    pub(crate) name: &'a str,
    /// Its id, if the app has it.
    pub(crate) id: Option<&'a str>,
    /// How many people.
    pub(crate) people: usize,
}

/// What the app calls its plans: the slug, or the name where there is none, by the plan's id.
///
/// # Errors
/// The database's errors.
pub(crate) fn plan_names(store: &mut Store) -> anyhow::Result<BTreeMap<String, String>> {
    let plans: Vec<Membership> = store.all_rows()?;
    Ok(plans.into_iter().map(|plan| (plan.id, plan.slug.unwrap_or(plan.name))).collect())
}
