//! What the app's pages show of what was imported, without the exports: for the report, which has none at hand.

use crate::source::discover::Exports;
use crate::store::session::store::Store;
use crate::verify::app;
use crate::verify::context::VerifyContext;
use crate::verify::outcome::unreadable;
use crate::verify::report::VerifyCheck;
use crate::verify::request::VerifyRequest;

/// Replays the app's reads over everybody who was imported. There is no check where nothing was imported.
///
/// # Errors
/// The database's errors; a difference is none.
pub(crate) fn of_app(store: &mut Store, show_pii: bool) -> anyhow::Result<Vec<VerifyCheck>> {
    let request = VerifyRequest { replays_app: true, show_pii, ..VerifyRequest::default() };
    let context = match VerifyContext::load(store, &request, &Exports::default()) {
        Ok(context) => context,
        Err(error) => return Ok(vec![unreadable("app: what imports have kept", error)?]),
    };
    if context.runs.is_empty() {
        return Ok(Vec::new());
    }
    let mut checks = app::people_checks(store, &context)?;
    checks.extend(app::affiliate_checks(store, &context)?);
    checks.extend(app::order_checks(store, &context)?);
    Ok(checks)
}
