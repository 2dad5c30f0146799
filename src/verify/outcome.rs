//! What becomes of a check that ends with an error.

use crate::failure::Failure;
use crate::store::codec::value::BadCell;
use crate::verify::report::VerifyCheck;

/// A check that has ended. A stored cell that does not mean what its column promises has ended it early,
/// and is a difference.
///
/// # Errors
/// Any other error.
pub(crate) fn closed(mut check: VerifyCheck, done: anyhow::Result<()>) -> anyhow::Result<VerifyCheck> {
    if let Err(error) = done {
        check.leave_rest_out(&bad_cell(error)?, None);
    }
    Ok(check)
}

/// A check that could not begin, because a stored cell does not mean what its column promises.
///
/// # Errors
/// Any other error.
pub(crate) fn unreadable(name: &'static str, error: anyhow::Error) -> anyhow::Result<VerifyCheck> {
    let mut check = VerifyCheck::new(name, "rows");
    check.differ(bad_cell(error)?);
    Ok(check)
}

/// The message of an error that is about stored data.
///
/// # Errors
/// Any other error.
pub(crate) fn bad_cell(error: anyhow::Error) -> anyhow::Result<String> {
    let bad = error.chain().any(|cause| cause.is::<BadCell>() || cause.is::<serde_json::Error>())
        || error.downcast_ref::<BadCell>().is_some();
    let failed = error.downcast_ref::<Failure>().is_some();
    if bad && !failed { Ok(format!("{error:#}")) } else { Err(error) }
}
