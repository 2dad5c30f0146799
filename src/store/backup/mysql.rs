//! Backups of MySQL and MariaDB, by `mariadb-dump` or `mysqldump`, in one reading transaction.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;

use percent_encoding::percent_decode_str;
use tempfile::NamedTempFile;
use url::Url;

use crate::language::tr;
use crate::store::backup::program::{find, incomplete, quoted, run, run_with};
use crate::store::engines::connect::at_one_host;
use crate::store::engines::target::MysqlTarget;

/// The beginning of the last line that both programs write.
const END: &str = "-- Dump completed";
/// The number of bytes at the end of a dump in which that line must be.
const TAIL: u64 = 200;

/// Dumps into an empty file and checks that the dump has every table and its last line. Returns the program's
/// version.
///
/// # Errors
/// Exit code 4 when the dump is not complete, 5 when no program is installed, 7 when the server refuses.
pub(super) fn write(target: &MysqlTarget, tables: &[String], part: &Path) -> anyhow::Result<String> {
    let (dump, version) = find(&["mariadb-dump", "mysqldump"], "mariadb-client")?;
    let server = DumpServer::of(&at_one_host(target)?);
    let (mut command, _options) = server.command(dump, &version)?;
    command.args(["--single-transaction", "--quick", "--triggers", "--hex-blob", "--no-tablespaces"]);
    command.args(["--skip-lock-tables", "--default-character-set=utf8mb4"]);
    command.arg(format!("--result-file={}", part.display()));
    command.arg("--").arg(&server.database);
    run(&mut command)?;
    check(part, tables)?;
    Ok(version)
}

fn check(part: &Path, tables: &[String]) -> anyhow::Result<()> {
    let mut file = File::open(part)?;
    let length = file.metadata()?.len();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    file.read_to_end(&mut tail)?;
    if !String::from_utf8_lossy(&tail).lines().any(|line| line.starts_with(END)) {
        return Err(incomplete(tr!("it ends before its last line")));
    }
    let mut missing: Vec<String> =
        tables.iter().map(|table| format!("CREATE TABLE `{}` (", table.replace('`', "``"))).collect();
    file.rewind()?;
    for line in DumpLines::of(file) {
        let line = line?;
        missing.retain(|head| *head != line);
    }
    match missing.first() {
        Some(head) => Err(incomplete(tr!("{} is not in it", head.trim_end_matches(" (")))),
        None => Ok(()),
    }
}

/// The short lines of a dump. The rows of a table are one line of any length, of which only the beginning is
/// read.
struct DumpLines(std::io::BufReader<File>);

impl DumpLines {
    fn of(file: File) -> Self {
        Self(std::io::BufReader::with_capacity(1 << 16, file))
    }
}

/// The most bytes of a line that are read; longer than any line with a table's name.
const LINE: u64 = 1_024;

impl Iterator for DumpLines {
    type Item = std::io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        use std::io::BufRead as _;
        let mut line = Vec::new();
        match self.0.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) if line.last() == Some(&b'\n') => {}
            Ok(_) => {
                if let Err(error) = self.0.skip_until(b'\n') {
                    return Some(Err(error));
                }
            }
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}

/// The host that a program is told of.
struct DumpServer {
    url: Url,
    database: String,
}

impl DumpServer {
    /// The first host that is named.
    fn of(target: &MysqlTarget) -> Self {
        Self { url: target.urls[0].clone(), database: target.database() }
    }

    fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// Host or socket, port and user, by the names of the programs' options.
    fn address(&self) -> Vec<(&'static str, String)> {
        let mut pairs = match self.parameter("socket") {
            Some(socket) => vec![("socket", socket)],
            None => {
                let host = decoded(self.url.host_str().unwrap_or("localhost"));
                let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let port = self.url.port().unwrap_or(3306).to_string();
                vec![("protocol", "tcp".to_owned()), ("host", host), ("port", port)]
            }
        };
        if !self.url.username().is_empty() {
            pairs.push(("user", decoded(self.url.username())));
        }
        pairs
    }

    /// The options for TLS as the URL asks for it; the two programs have different ones.
    fn tls(&self, mariadb: bool) -> Vec<(&'static str, String)> {
        let is = |name: &str| self.parameter(name).as_deref() == Some("true");
        if !is("require_ssl") {
            return Vec::new();
        }
        let mut pairs = match (mariadb, is("verify_identity")) {
            (true, checked) => {
                vec![("ssl", "1".to_owned()), ("ssl-verify-server-cert", u8::from(checked).to_string())]
            }
            (false, true) => vec![("ssl-mode", "VERIFY_IDENTITY".to_owned())],
            (false, false) => vec![("ssl-mode", "REQUIRED".to_owned())],
        };
        if is("verify_identity") {
            pairs.extend(crate::store::engines::target::system_roots().map(|roots| ("ssl-ca", roots)));
        }
        pairs
    }

    /// A client program that connects to the server, and the file with its options, which must live until it ends.
    fn command(&self, program: &str, version: &str) -> anyhow::Result<(Command, NamedTempFile)> {
        let mut options = NamedTempFile::new()?;
        options.write_all(self.options(version.contains("MariaDB")).as_bytes())?;
        let mut command = Command::new(program);
        // The programs accept the file of options only as their first argument.
        command.arg(format!("--defaults-extra-file={}", options.path().display()));
        Ok((command, options))
    }

    /// The content of the file of options, with the password.
    fn options(&self, mariadb: bool) -> String {
        let quoted = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        let mut pairs = self.address();
        pairs.extend(self.tls(mariadb));
        pairs.extend(self.url.password().map(|password| ("password", decoded(password))));
        let lines = pairs.iter().map(|(name, value)| format!("{name}={}\n", quoted(value)));
        format!("[client]\n{}", lines.collect::<String>())
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The client program that reads a dump, by the dump's first lines; `None` for a file that is not a dump.
pub(super) fn program_of(head: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(head);
    if head.contains("-- MariaDB dump") {
        Some("mariadb")
    } else {
        head.contains("-- MySQL dump").then_some("mysql")
    }
}

/// Each table is dropped and made anew. A password is asked for.
pub(super) fn restore(target: &MysqlTarget, file: &Path, head: &[u8]) -> anyhow::Result<String> {
    let server = DumpServer::of(target);
    let program = program_of(head).unwrap_or("mysql");
    let mut words = vec![program.to_owned(), "--default-character-set=utf8mb4".to_owned()];
    let address = server.address().into_iter().chain(server.tls(program == "mariadb"));
    words.extend(address.map(|(name, value)| format!("--{name}={}", quoted(&value))));
    if server.url.password().is_some() {
        words.push("--password".to_owned());
    }
    words.push(quoted(&server.database));
    words.push(format!("< {}", quoted(&file.display().to_string())));
    Ok(words.join(" "))
}

/// Restores a dump into another database.
///
/// # Errors
/// Exit code 5 when no program is installed, 7 when the server refuses.
pub(super) fn restore_into(target: &MysqlTarget, file: &Path) -> anyhow::Result<()> {
    let (program, version) = find(&["mariadb", "mysql"], "mariadb-client")?;
    let server = DumpServer::of(&at_one_host(target)?);
    let (mut command, _options) = server.command(program, &version)?;
    command.args(["--default-character-set=utf8mb4", "--"]).arg(&server.database);
    run_with(&mut command, File::open(file)?.into()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::target::DatabaseTarget;

    fn server(url: &str) -> DumpServer {
        match DatabaseTarget::parse(url).unwrap() {
            DatabaseTarget::Mysql(target) => DumpServer::of(&target),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn l29_the_password_stands_in_the_options_file_and_nowhere_else() {
        let DatabaseTarget::Mysql(target) =
            DatabaseTarget::parse("mysql://toko:p%22%5C%40ss@db:3307/app?sslmode=require").unwrap()
        else {
            panic!("a MySQL URL");
        };
        let options = DumpServer::of(&target).options(true);
        assert!(options.contains("password=\"p\\\"\\\\@ss\"\n"), "{options}");
        assert!(options.contains("ssl=\"1\"\nssl-verify-server-cert=\"0\"\n"), "{options}");
        let command = restore(&target, Path::new("/b.sql"), b"-- MariaDB dump 10.19").unwrap();
        assert!(!command.contains("ss'") && command.contains(" --password "), "{command}");
        assert!(command.starts_with("mariadb ") && command.ends_with("'app' < '/b.sql'"), "{command}");
    }

    #[test]
    fn a_socket_stands_for_host_and_port() {
        let options = server("mysql://root@localhost/app?socket=/run/s.sock").options(false);
        assert_eq!(options, "[client]\nsocket=\"/run/s.sock\"\nuser=\"root\"\n");
    }

    #[test]
    fn a_dump_that_breaks_off_or_lacks_a_table_is_incomplete() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.sql");
        let rows = format!("INSERT INTO `User` VALUES ({});\n", "1,".repeat(2_000));
        let dump = format!("-- MariaDB dump\nCREATE TABLE `User` (\n{rows}-- Dump completed on 2026-01-01\n");
        std::fs::write(&file, &dump).unwrap();
        check(&file, &["User".to_owned()]).unwrap();
        assert!(check(&file, &["Wallet".to_owned()]).is_err());
        std::fs::write(&file, &dump[..dump.len() - 40]).unwrap();
        assert!(check(&file, &["User".to_owned()]).is_err());
    }
}
