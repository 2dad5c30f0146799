//! A pseudo-terminal of 80 columns and 24 lines, which `script` makes: what is typed, and what stands on its screen. A page
//! draws only the cells that have changed, so the screen is kept cell by cell, as far as the tool's own pages need it.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long something may take to appear on a machine that has much to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command that runs in a terminal.
pub struct PseudoTerminal {
    child: Child,
    keys: ChildStdin,
    drawn: Receiver<Vec<u8>>,
    screen: Screen,
}

impl PseudoTerminal {
    /// Runs the binary. Afterwards the terminal says `EXIT` with the code, and whether it echoes again.
    pub fn run(args: &[&str]) -> Self {
        let after = "echo EXIT $?; stty -a | grep -q ' -echo ' && echo SILENT || echo ECHOES";
        let mut child = in_a_terminal(args, after)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script runs");
        let keys = child.stdin.take().expect("a keyboard");
        let mut output = child.stdout.take().expect("a screen");
        let (sender, drawn) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut part) {
                if sender.send(part[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keys, drawn, screen: Screen::new() }
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a key is pressed");
        self.keys.flush().expect("a key is pressed");
    }

    /// Waits until this stands on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.text().contains(text));
    }

    /// Waits until the page has given the screen back.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        self.wait_until("the end of the page", |screen| screen.is_given_back);
    }

    #[track_caller]
    fn wait_until(&mut self, what: &str, holds: impl Fn(&Screen) -> bool) {
        let began = Instant::now();
        while !holds(&self.screen) {
            let left = PATIENCE.saturating_sub(began.elapsed());
            match self.drawn.recv_timeout(left) {
                Ok(part) => self.screen.draw(&part),
                Err(error) => panic!("{what:?} does not come ({error}):\n{}", self.screen.text()),
            }
        }
    }

    /// Takes the terminal away from the process that runs in it, as a closed window or a lost connection does.
    pub fn take_away(mut self) {
        self.child.kill().expect("the terminal is killed");
        self.child.wait().expect("the terminal has ended");
    }

    /// The process that runs in the terminal: the binary itself.
    pub fn pid(&self) -> u32 {
        let children = |pid: u32| -> Vec<u32> {
            let path = format!("/proc/{pid}/task/{pid}/children");
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
        };
        let mut pid = self.child.id();
        while let Some(child) = children(pid).last() {
            pid = *child;
        }
        pid
    }
}

impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary in a terminal, and what its shell does afterwards.
fn in_a_terminal(args: &[&str], after: &str) -> Command {
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{}'", arg.replace('\'', "'\\''"))).collect();
    let (tool, words) = (env!("CARGO_BIN_EXE_sejoli-migrate"), quoted.join(" "));
    let line = format!("stty cols {COLUMNS} rows {LINES}; '{tool}' {words}; {after}");
    let mut command = Command::new("script");
    command
        .args(["-q", "-e", "-f", "-c", &line, "/dev/null"])
        .env_remove("DATABASE_URL")
        .env("TERM", "xterm-256color");
    command
}

/// Everything that a command prints in a terminal, until it ends, with these variables.
pub fn printed_raw(args: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = in_a_terminal(args, "true");
    command.env_remove("NO_COLOR").envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output().expect("script runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Everything that a command prints in a terminal, until it ends, without colours. Where the cursor is moved, a line begins.
pub fn printed(args: &[&str]) -> String {
    let mut text = String::new();
    let whole = printed_raw(args, &[]);
    let mut left = whole.as_str();
    while let Some(letter) = left.chars().next() {
        let length = if letter == '\u{1b}' { command_length(left) } else { None };
        match length.map(|length| left[..length].ends_with('m')) {
            None => text.push(letter),
            Some(is_colour) => text.push_str(if is_colour { "" } else { "\n" }),
        }
        left = &left[length.unwrap_or(letter.len_utf8())..];
    }
    text
}

const COLUMNS: usize = 80;
const LINES: usize = 24;

/// What stands where.
struct Screen {
    cells: Vec<Vec<char>>,
    line: usize,
    column: usize,
    /// Bytes of a letter or a command that are not all there yet.
    rest: Vec<u8>,
    is_given_back: bool,
}

impl Screen {
    fn new() -> Self {
        Self { cells: blank(), line: 0, column: 0, rest: Vec::new(), is_given_back: false }
    }

    fn text(&self) -> String {
        self.cells.iter().map(|line| line.iter().collect::<String>() + "\n").collect()
    }

    fn draw(&mut self, part: &[u8]) {
        self.rest.extend_from_slice(part);
        let bytes = std::mem::take(&mut self.rest);
        // A letter may be cut at the end of a part.
        let whole = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
        let mut left = text.as_str();
        while let Some(letter) = left.chars().next() {
            if letter != '\u{1b}' {
                self.put(letter);
                left = &left[letter.len_utf8()..];
                continue;
            }
            let Some(length) = command_length(left) else { break };
            self.obey(&left[..length]);
            left = &left[length..];
        }
        self.rest = [left.as_bytes(), &bytes[whole..]].concat();
    }

    fn put(&mut self, letter: char) {
        match letter {
            '\r' => self.column = 0,
            '\n' if self.line + 1 < LINES => self.line += 1,
            '\n' => {
                self.cells.remove(0);
                self.cells.push(vec![' '; COLUMNS]);
            }
            letter if letter.is_control() => {}
            letter => {
                if self.column < COLUMNS {
                    self.cells[self.line][self.column] = letter;
                }
                self.column += 1;
            }
        }
    }

    fn obey(&mut self, command: &str) {
        if let Some(place) = command.strip_prefix("\u{1b}[").and_then(|rest| rest.strip_suffix('H')) {
            let mut numbers = place.split(';').map(|number| number.parse().unwrap_or(1));
            let mut next = || numbers.next().unwrap_or(1_usize).saturating_sub(1);
            self.line = next().min(LINES - 1);
            self.column = next();
        } else if command.ends_with('J') || command == "\u{1b}[?1049h" {
            // A full-screen page has a screen of its own, on which nothing stands that was said before.
            self.cells = blank();
        } else if command == "\u{1b}[?1049l" {
            *self = Self { is_given_back: true, ..Self::new() };
        }
    }
}

fn blank() -> Vec<Vec<char>> {
    vec![vec![' '; COLUMNS]; LINES]
}

/// How long the command at the beginning of a text is; none where its end is not there yet.
fn command_length(text: &str) -> Option<usize> {
    let second = text.chars().nth(1)?;
    if second != '[' {
        return Some(1 + second.len_utf8());
    }
    text[2..].find(|letter: char| ('@'..='~').contains(&letter)).map(|at| at + 3)
}
