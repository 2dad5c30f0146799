//! A second connection beside the one that writes: by it is asked what does not depend on what is being written, so that
//! neither waits for the other, however far the server is away.

use crate::store::session::store::Store;

/// The second connection of a command that writes. It is opened when somebody asks for it first, and sees all that was
/// committed until then, also at another node of a cluster.
#[derive(Default)]
#[allow(missing_debug_implementations)]
pub(crate) struct Companion {
    /// The connection, once it was asked for; then none where there can be none.
    opened: Option<Option<Store>>,
}

impl Companion {
    /// The connection beside this one. There is none on an engine on which a reader and a writer wait for each other, in a
    /// transaction, whose rows nobody else sees, and where the server lets no second one in: whoever would ask it asks
    /// the one that writes.
    pub(crate) fn beside(&mut self, store: &Store) -> Option<&mut Store> {
        self.opened.get_or_insert_with(|| open_beside(store)).as_mut()
    }
}

fn open_beside(store: &Store) -> Option<Store> {
    if store.open_transactions > 0 || !store.engine.reads_beside_a_writer() {
        return None;
    }
    match store.connected_beside() {
        Ok(beside) => Some(beside),
        Err(error) => {
            tracing::info!(%error, "there is no second connection; the first one asks everything");
            None
        }
    }
}
