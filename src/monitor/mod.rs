//! What programs are told of a command while it works and when it ends: a file of metrics, a command, an address.
//!
//! It holds figures and names of phases, never anybody's data (L29), and what cannot be told never stops the work.

mod delivery;
mod metrics;
mod notification;
mod state;
mod watch;

pub(crate) use state::CommandState;
pub(crate) use watch::{Monitor, Watchers};
