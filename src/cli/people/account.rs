//! Which account a command line or a file names.

use crate::decisions::people::Pairs;
use crate::failure::Failure;
use crate::language::tr;

/// The user whom an address or an id names.
///
/// # Errors
/// Exit code 2: nobody, or several people, have the address.
pub(super) fn user_id(pairs: &Pairs, text: &str) -> anyhow::Result<String> {
    match pairs.users.named(text).as_slice() {
        [user] => Ok(user.id.clone()),
        [] => Err(Failure::usage(tr!(
            "nobody in the app has this address or id; `sejoli-migrate people list` lists pairs"
        ))),
        _ => Err(Failure::usage(tr!("several people in the app have this address: name one by the id"))),
    }
}
