//! Who decides, where a command carries out a person's decision.

use crate::failure::Failure;
use crate::pipeline::plan::affiliate_rows::BY_IMPORT;

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
