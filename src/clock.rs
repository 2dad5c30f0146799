//! The clock. Only what people read depends on it: when a batch began, when a run ended.

use crate::domain::date::Millis;

/// The clock, for what only people read: when a batch began, when a run ended.
pub(crate) fn now() -> Millis {
    Millis(chrono::Utc::now().timestamp_millis())
}
