//! What a run is, by the command that its row names, and what it is called.

use crate::domain::source_kind::SourceKind;
use crate::language::tr;

/// The import of more than one kind.
const ALL: &str = "all";

/// What a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunKind<'a> {
    /// An import of one kind of rows, or of all.
    Import(&'a str),
    /// The run of another command, such as `repair` or `mappings verify`, which reads no exports.
    Command(&'a str),
}

impl<'a> RunKind<'a> {
    /// What the run is whose row names this command (`SejoliImportRun.command`).
    pub(crate) fn of(command: &'a str) -> Self {
        let mut kinds = SourceKind::IMPORTED.into_iter().chain([SourceKind::Products]);
        let is_import = command == ALL || kinds.any(|kind| kind.name() == command);
        if is_import { Self::Import(command) } else { Self::Command(command) }
    }

    /// Whether it reads exports.
    pub(crate) fn is_import(self) -> bool {
        matches!(self, Self::Import(_))
    }

    /// What it is called in a sentence: `import of all`, `repair`.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Import(kind) => tr!("import of {kind}"),
            Self::Command(command) => command.to_owned(),
        }
    }

    /// What stands before the word `run`: `import`, `repair`.
    pub(crate) fn noun(self) -> &'a str {
        match self {
            Self::Import(_) => tr!("import"),
            Self::Command(command) => command,
        }
    }

    /// The command that was typed, without its options: `import all`, `repair`.
    pub(crate) fn typed(self) -> String {
        match self {
            Self::Import(kind) => format!("import {kind}"),
            Self::Command(command) => command.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_import_is_called_one() {
        for kind in ["all", "affiliates", "orders", "commissions", "memberships", "products"] {
            assert_eq!(RunKind::of(kind).words(), format!("import of {kind}"));
            assert_eq!(RunKind::of(kind).typed(), format!("import {kind}"));
            assert_eq!(RunKind::of(kind).noun(), "import");
        }
        for command in ["repair", "grant", "mappings verify", "a command of a later version"] {
            let kind = RunKind::of(command);
            assert_eq!([kind.words(), kind.typed(), kind.noun().to_owned()], [command; 3]);
        }
    }
}
