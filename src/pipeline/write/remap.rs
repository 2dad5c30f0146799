//! Writes what another product map makes of the orders that were imported before, page by page.

use crate::pipeline::plan::product_kinds::{MappedOrders, Remapping};
use crate::pipeline::progress::Progress;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::store::queries;
use crate::store::session::store::Store;

/// Brings every imported order up to date with a product map. A page in which nothing changes writes nothing, so that
/// an interrupted one is simply begun again.
pub(crate) fn remap(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    remapping: &Remapping<'_>,
    progress: &mut dyn Progress,
) -> anyhow::Result<()> {
    let written_at = committer.run.started_at;
    let mut after = String::new();
    loop {
        signals::check()?;
        let logs = queries::orders::logs_after(store, &after)?;
        let (Some(last), read) = (logs.last(), logs.len() as u64) else { return Ok(()) };
        after.clone_from(&last.order_id);
        let ids: Vec<String> = logs.into_iter().map(|log| log.order_id).collect();
        if MappedOrders::look_up(store, &ids, remapping)?.plan(remapping, written_at).says_something() {
            // Once more, where what is read holds until it is written.
            committer.commit_planned_within(store, phase, |store| {
                let orders = MappedOrders::look_up(store, &ids, remapping)?;
                EncodedBatch::new(store.encoder(), orders.plan(remapping, written_at))
            })?;
        }
        progress.advance(read);
    }
}
