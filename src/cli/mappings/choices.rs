//! What a command line or a file says, as decisions: addresses become users.

use crate::decisions::candidates::UserIndex;
use crate::decisions::mapping_sheet::DecisionCell;
use crate::domain::contact::Email;
use crate::failure::Failure;
use crate::pipeline::plan::affiliate_rows::BY_IMPORT;
use crate::pipeline::plan::mapping_decisions::MappingChoice;

/// The choice that a cell or an option makes.
///
/// # Errors
/// Exit code 2: nobody, or several people, have the address; or the address is none.
pub(super) fn choice(cell: &DecisionCell<'_>, users: &UserIndex) -> anyhow::Result<MappingChoice> {
    match cell {
        DecisionCell::Reject => Ok(MappingChoice::Reject),
        DecisionCell::Undo => Ok(MappingChoice::Undo),
        DecisionCell::New(None) => Ok(MappingChoice::NewUser(None)),
        DecisionCell::New(Some(address)) => match Email::parse(address) {
            Ok(email) => Ok(MappingChoice::NewUser(Some(email))),
            Err(error) => Err(Failure::usage(format!("the address of the new user: {error}"))),
        },
        DecisionCell::User(text) => match users.named(text).as_slice() {
            [user] => Ok(MappingChoice::User(user.id.clone())),
            [] => Err(Failure::usage("nobody in the app has this address or id")),
            _ => Err(Failure::usage("several people in the app have this address: name one by the id")),
        },
    }
}

/// Who decides: as it is said, or the user of the operating system.
///
/// # Errors
/// Exit code 2: nobody is named, or the name would be taken for an import's.
pub(super) fn decider(by: Option<&str>) -> anyhow::Result<String> {
    let of_system = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let by = by.map(str::to_owned).or_else(of_system).map(|by| by.trim().to_owned()).unwrap_or_default();
    if by.is_empty() {
        return Err(Failure::usage(
            "who decides? Give your name with --by: this shell has no USER to take it from",
        ));
    }
    if by.starts_with(BY_IMPORT.trim_end()) {
        return Err(Failure::usage(
            "--by: imports sign their own decisions like this; give the name of a person",
        ));
    }
    Ok(by)
}
