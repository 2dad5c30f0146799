//! What a command line or a file says, as decisions: addresses become users.

use crate::decisions::candidates::UserIndex;
use crate::decisions::mapping_sheet::MappingDecisionCell;
use crate::domain::contact::Email;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::plan::mapping_decisions::MappingChoice;

/// The choice that a cell or an option makes.
///
/// # Errors
/// Exit code 2: nobody, or several people, have the address; or the address is none.
pub(super) fn choice(cell: &MappingDecisionCell<'_>, users: &UserIndex) -> anyhow::Result<MappingChoice> {
    match cell {
        MappingDecisionCell::Reject => Ok(MappingChoice::Reject),
        MappingDecisionCell::Undo => Ok(MappingChoice::Undo),
        MappingDecisionCell::New(None) => Ok(MappingChoice::NewUser(None)),
        MappingDecisionCell::New(Some(address)) => match Email::parse(address) {
            Ok(email) => Ok(MappingChoice::NewUser(Some(email))),
            Err(error) => Err(Failure::usage(tr!("the address of the new user: {error}"))),
        },
        MappingDecisionCell::User(text) => match users.named(text).as_slice() {
            [user] => Ok(MappingChoice::User(user.id.clone())),
            [] => Err(Failure::usage(tr!("nobody in the app has this address or id"))),
            _ => Err(Failure::usage(tr!("several people in the app have this address: name one by the id"))),
        },
    }
}
