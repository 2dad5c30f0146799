//! Inputs that can be read only once: standard input, `/dev/fd/N`, a named pipe. An import reads its files several times,
//! so such a one is kept first, where nobody else can read it and nothing of it is left, however the command ends.

use std::fs::File;
use std::io;
use std::io::IsTerminal as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::language::tr;

/// The streams of a command, kept until it ends.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    /// A folder of links that lead to the files: by their names the files are reported.
    folder: Option<TempDir>,
    /// The files, which have no name in any folder.
    files: Vec<File>,
    /// How many of them are streams other than standard input.
    others: usize,
    read_stdin: bool,
}

/// Whether a path names something that is no file and no folder, or standard input.
pub(crate) fn is_stream(path: &Path) -> bool {
    let is_other = |about: std::fs::Metadata| !about.is_file() && !about.is_dir();
    is_stdin(path) || path.starts_with("/dev/fd") || path.metadata().is_ok_and(is_other)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdin")
}

impl Spool {
    /// Reads a stream to its end, and returns the path of a file that holds the same. Its name is `stdin`, or `stream-2` for
    /// the second of the others, so that the same command names it the same when it goes on.
    ///
    /// # Errors
    /// Exit code 2: standard input is a terminal, or named twice; 6: the stream cannot be read, or not be kept.
    pub(crate) fn keep(&mut self, path: &Path) -> anyhow::Result<PathBuf> {
        let shown = path.display();
        let unusable = |error: io::Error| Failure::input(format!("{shown}: {error}"));
        let mut kept = tempfile::tempfile().map_err(|error| {
            Failure::input(tr!("{shown}: there is no room to keep it until it is imported: {error}"))
        })?;
        let name = if is_stdin(path) {
            self.take_stdin(path)?;
            io::copy(&mut io::stdin().lock(), &mut kept).map_err(unusable)?;
            "stdin".to_owned()
        } else {
            let mut stream = File::open(path).map_err(unusable)?;
            io::copy(&mut stream, &mut kept).map_err(unusable)?;
            self.others += 1;
            format!("stream-{}", self.others)
        };
        let link = self.link(&name, &kept).map_err(unusable)?;
        self.files.push(kept);
        Ok(link)
    }

    fn take_stdin(&mut self, path: &Path) -> anyhow::Result<()> {
        if io::stdin().is_terminal() {
            return Err(Failure::usage(tr!(
                "{}: standard input is a terminal; pipe a file into the command, or name one",
                path.display()
            )));
        }
        if std::mem::replace(&mut self.read_stdin, true) {
            return Err(Failure::usage(tr!("standard input is named twice, and can be read once")));
        }
        Ok(())
    }

    fn link(&mut self, name: &str, kept: &File) -> io::Result<PathBuf> {
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => tempfile::Builder::new().prefix("sejoli-migrate-").tempdir()?,
        };
        let link = self.folder.insert(folder).path().join(name);
        symlink(format!("/proc/self/fd/{}", kept.as_raw_fd()), &link)?;
        Ok(link)
    }
}
