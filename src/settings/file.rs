//! `sejoli-migrate.toml`: found, checked and read as entries that know their line.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::language::tr;

/// The name of the file.
pub(crate) const FILE_NAME: &str = "sejoli-migrate.toml";
/// The table that holds the profiles.
const PROFILES: &str = "profile";

/// A key of the file with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingEntry {
    /// The profile that it belongs to.
    pub(crate) profile: Option<String>,
    /// The words of the command whose table it stands in; none for all commands.
    pub(crate) command: Vec<String>,
    /// The key.
    pub(crate) key: String,
    /// Its values.
    pub(crate) values: SettingValues,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// The values of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SettingValues {
    /// True or false.
    Flag(bool),
    /// One.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// The file.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its keys in their order.
    pub(crate) entries: Vec<SettingEntry>,
    /// Its profiles.
    pub(crate) profiles: BTreeSet<String>,
}

/// The file of a folder, or of the nearest folder above it.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

impl SettingsFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Exit code 6: it cannot be read, or is no TOML; 5: somebody else may have written it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let unusable = |why: &dyn std::fmt::Display| Failure::input(format!("{shown}: {why}"));
        refuse_of_others(path)?;
        let text = fs::read_to_string(path).map_err(|error| unusable(&error))?;
        let mut file = Self { path: path.to_owned(), ..Self::default() };
        let parsed = DeTable::parse(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            Failure::input(format!("{shown}:{line}: {}", error.message()))
        })?;
        FileParser { text: &text, file: &mut file }.root(parsed.get_ref())?;
        Ok(file)
    }
}

/// The file names commands that are run and databases that are written: only its reader, or root, may have written it.
fn refuse_of_others(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let about = fs::metadata(path).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    let reader = rustix::process::geteuid().as_raw();
    if about.uid() != reader && about.uid() != 0 {
        return Err(Failure::refused(tr!(
            "{shown} belongs to another user of this machine and is not used; make it yours (chown), or name another \
             one with --config"
        )));
    }
    if about.mode() & 0o002 != 0 {
        return Err(Failure::refused(tr!(
            "{shown} can be written by everybody on this machine and is not used; chmod o-w {shown}"
        )));
    }
    Ok(())
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A file that is being read.
struct FileParser<'a> {
    text: &'a str,
    file: &'a mut SettingsFile,
}

impl FileParser<'_> {
    fn root(&mut self, root: &DeTable<'_>) -> anyhow::Result<()> {
        for (key, value) in root {
            let profiles = value.get_ref().as_table().filter(|_| key.get_ref() == PROFILES);
            let Some(profiles) = profiles else {
                self.key(key, value, None, &[])?;
                continue;
            };
            for (name, table) in profiles {
                let Some(table) = table.get_ref().as_table() else {
                    let line = line_of(self.text, name.span().start);
                    let said = tr!("a profile is a table: [profile.{}]", name.get_ref());
                    return Err(Failure::usage(format!("{}:{line}: {said}", self.file.path.display())));
                };
                self.file.profiles.insert(name.get_ref().to_string());
                self.table(table, Some(name.get_ref()), &[])?;
            }
        }
        Ok(())
    }

    fn table(
        &mut self,
        table: &DeTable<'_>,
        profile: Option<&str>,
        command: &[String],
    ) -> anyhow::Result<()> {
        table.iter().try_for_each(|(key, value)| self.key(key, value, profile, command))
    }

    fn key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        profile: Option<&str>,
        command: &[String],
    ) -> anyhow::Result<()> {
        if let Some(table) = value.get_ref().as_table() {
            return self.table(table, profile, &[command, &[key.get_ref().to_string()]].concat());
        }
        let line = line_of(self.text, key.span().start);
        let Some(values) = values(value.get_ref()) else {
            return Err(Failure::usage(tr!(
                "{}:{line}: {} is a list of lists or tables, and no option takes that",
                self.file.path.display(),
                key.get_ref()
            )));
        };
        let (profile, command, key) =
            (profile.map(str::to_owned), command.to_vec(), key.get_ref().to_string());
        self.file.entries.push(SettingEntry { profile, command, key, values, line });
        Ok(())
    }
}

fn values(value: &DeValue<'_>) -> Option<SettingValues> {
    if let DeValue::Array(items) = value {
        return items
            .iter()
            .map(|item| single(item.get_ref()))
            .collect::<Option<_>>()
            .map(SettingValues::Many);
    }
    match value {
        DeValue::Boolean(flag) => Some(SettingValues::Flag(*flag)),
        value => single(value).map(SettingValues::One),
    }
}

/// A value as it would be typed.
fn single(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_their_table_their_profile_and_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let text = "quiet = true\n\n[import]\nbatch-size = 200\nas-of = 2026-01-01T00:00:00+07:00\n\
                    [profile.staging.import]\nskip = [\"a.csv\", \"b.csv\"]\n";
        fs::write(&path, text).unwrap();
        let file = SettingsFile::read(&path).unwrap();
        let one = |text: &str| SettingValues::One(text.to_owned());
        let found: Vec<_> = file
            .entries
            .iter()
            .map(|entry| (entry.profile.as_deref(), entry.command.join(" "), entry.key.as_str(), entry.line))
            .collect();
        let import = || "import".to_owned();
        let expected = [
            (None, String::new(), "quiet", 1),
            (None, import(), "batch-size", 4),
            (None, import(), "as-of", 5),
            (Some("staging"), import(), "skip", 7),
        ];
        for one in &expected {
            assert!(found.contains(one), "{one:?}: {found:?}");
        }
        assert_eq!(found.len(), expected.len());
        let value = |key: &str| &file.entries.iter().find(|entry| entry.key == key).unwrap().values;
        assert_eq!(*value("batch-size"), one("200"));
        assert_eq!(*value("as-of"), one("2026-01-01T00:00:00+07:00"));
        assert_eq!(*value("skip"), SettingValues::Many(vec!["a.csv".to_owned(), "b.csv".to_owned()]));
        assert_eq!(*value("quiet"), SettingValues::Flag(true));
    }

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "quiet = true\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o646)).unwrap();
        let error = SettingsFile::read(&path).unwrap_err();
        assert_eq!(error.downcast_ref::<Failure>().unwrap().code, crate::failure::ExitCode::Refused);
    }
}
