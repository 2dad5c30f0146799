//! The plans of the people in the files that open nothing: what there is to say before anything is written (L33).

use std::collections::{BTreeMap, HashSet};

use crate::domain::finding::Finding;
use crate::domain::product_map::ProductMap;
use crate::pipeline::plan::access_links::{PlanLinks, PlanWithPeople};
use crate::pipeline::plan::membership_catalogue::app_memberships;
use crate::store::session::store::Store;

/// The app's plans that the product map names, and what they open.
#[derive(Debug)]
pub(crate) struct MappedPlans {
    /// Ids by slug.
    ids: BTreeMap<String, String>,
    links: PlanLinks,
}

impl MappedPlans {
    /// Reads them.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store, map: &ProductMap) -> anyhow::Result<Self> {
        Ok(Self { ids: app_memberships(store, map)?, links: PlanLinks::load(store)? })
    }

    /// Whether the app has a plan.
    pub(crate) fn has(&self, slug: &str) -> bool {
        self.ids.contains_key(slug)
    }

    /// The plans that open nothing, with the number of people behind each. `members` are the people of each product whose
    /// memberships are not over. A plan that the app lacks counts if an import `creates` it; else its rows are held.
    pub(crate) fn unlinked(
        &self,
        map: &ProductMap,
        members: &BTreeMap<String, HashSet<u64>>,
        creates: bool,
    ) -> Vec<Finding> {
        let mut people: BTreeMap<&str, HashSet<u64>> = BTreeMap::new();
        for (product_id, members) in members {
            if let Some(plan) = map.membership_of(product_id).filter(|plan| creates || self.has(plan)) {
                people.entry(plan).or_default().extend(members);
            }
        }
        self.links.unlinked(people.iter().map(|(name, members)| PlanWithPeople {
            name,
            id: self.ids.get(*name).map(String::as_str),
            people: members.len(),
        }))
    }
}
