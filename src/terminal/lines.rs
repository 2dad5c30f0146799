//! Lines that fit a terminal.

/// How wide a line is at most.
pub(crate) const WIDTH: usize = 80;

/// Words in lines that fit: the first line begins with `first`, those that follow with `next`. A word that is longer than
/// a line is broken.
pub(crate) fn wrapped(first: &str, next: &str, words: &str) -> String {
    folded(words, first, next, WIDTH)
}

/// The same in lines of at most `width` characters.
pub(crate) fn folded(words: &str, first: &str, next: &str, width: usize) -> String {
    let (mut text, mut column) = (first.to_owned(), first.chars().count());
    let begin_line = |text: &mut String| {
        text.push('\n');
        text.push_str(next);
        next.chars().count()
    };
    let mut is_first = true;
    let one_line: Vec<&str> = words.split_whitespace().collect();
    for word in unbroken_words(&one_line.join(" ")).iter().filter(|word| !word.is_empty()) {
        let letters = word.chars().count();
        if !is_first && column + 1 + letters <= width {
            text.push(' ');
            column += 1;
        } else if !is_first {
            column = begin_line(&mut text);
        }
        is_first = false;
        for letter in word.chars() {
            if column == width {
                column = begin_line(&mut text);
            }
            text.push(letter);
            column += 1;
        }
    }
    text.push('\n');
    text
}

/// The last column in which a line's last cell may begin, so that there is room for words below each other.
const LAST_CELL: usize = 56;

/// A text whose lines fit: a line that is too wide is broken between words, and goes on below the beginning of its last cell,
/// or indented where it has no cells. Commands and other words that are to be copied stay whole, however long they are.
pub(crate) fn fitted(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let words = line.strip_suffix('\n').unwrap_or(line);
            let end = &line[words.len()..];
            if words.chars().count() <= WIDTH { line.to_owned() } else { broken(words) + end }
        })
        .collect()
}

fn broken(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    let indent = letters.iter().take_while(|letter| **letter == ' ').count();
    if let Some(at) = command_at(line) {
        let label = line[..at].trim_end();
        let command = &line[at..];
        let below = " ".repeat(indent + 2);
        return if label.is_empty() { line.to_owned() } else { format!("{label}\n{below}{command}") };
    }
    let begins_cell = |at: &usize| letters[at - 2..=*at].iter().filter(|letter| **letter == ' ').count() == 2;
    let last_cell =
        (indent + 3..letters.len().min(LAST_CELL)).rev().find(|at| letters[*at] != ' ' && begins_cell(at));
    let (first, next) = last_cell.map_or((indent, indent + 2), |column| (column, column));
    let mut text: String = letters[..first].iter().collect();
    let mut column = first;
    let mut is_first = true;
    let rest: String = letters[first..].iter().collect();
    for word in unbroken_words(&rest) {
        let width = word.chars().count();
        if !is_first && column + 1 + width > WIDTH {
            text.truncate(text.trim_end().len());
            text.push('\n');
            text.push_str(&" ".repeat(next));
            column = next;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += width;
        is_first = false;
    }
    text
}

/// Where a command begins that is to be typed: at the beginning of a line, or behind what announces it.
fn command_at(line: &str) -> Option<usize> {
    let behind = |sign: &'static str| line.match_indices(sign).map(|(at, sign)| at + sign.len());
    let begin = line.len() - line.trim_start().len();
    let is_command = |at: &usize| ["sejoli-migrate ", "cd "].iter().any(|name| line[*at..].starts_with(name));
    std::iter::once(begin).chain(behind(": ")).chain(behind("→ ")).find(is_command)
}

/// The words of a line, between which it may be broken. What stands between backticks is one word, and so is an amount.
fn unbroken_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    // A backtick that stands alone is part of somebody's name.
    let are_quotes = line.matches('`').count().is_multiple_of(2);
    let mut is_quoted = false;
    for letter in line.chars() {
        is_quoted ^= are_quotes && letter == '`';
        let word = words.last_mut().expect("there is a word from the beginning");
        let is_begun = is_quoted || word == "Rp" || word.ends_with("(Rp");
        if letter != ' ' || is_begun { word.push(letter) } else { words.push(String::new()) }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal_and_no_letter_is_lost() {
        let line = format!("{} {}", "word ".repeat(30), "x".repeat(200));
        let text = wrapped("  ", "      ", &line);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        assert_eq!(letters(&text), letters(&line));
        assert_eq!(wrapped("  ", "      ", "short"), "  short\n");
    }

    #[test]
    fn a_line_goes_on_below_its_last_cell() {
        let meaning = "the app waits while a batch is committed; another mode would spare it that";
        let text = fitted(&format!("short\nwarning  journal  {meaning}\n- {meaning} {meaning}\n"));
        assert_eq!(
            text,
            "short\n\
             warning  journal  the app waits while a batch is committed; another mode would\n\
             \x20                 spare it that\n\
             - the app waits while a batch is committed; another mode would spare it that the\n\
             \x20 app waits while a batch is committed; another mode would spare it that\n"
        );
    }

    #[test]
    fn what_is_to_be_copied_stays_whole() {
        let path = format!("/{}", "x".repeat(100));
        assert_eq!(fitted(&format!("  written to {path}\n")), format!("  written to\n    {path}\n"));
        let command = format!("sejoli-migrate verify --exports {}", "data ".repeat(20));
        assert_eq!(fitted(&format!("Next: {command}")), format!("Next:\n  {command}"));
        assert_eq!(fitted(&format!("  cd here && {command}")), format!("  cd here && {command}"));
        let quoted = format!("{} run `sejoli-migrate retry 20260101-000000000-abcdef`.", "word ".repeat(12));
        assert!(
            fitted(&quoted).ends_with("\n  `sejoli-migrate retry 20260101-000000000-abcdef`."),
            "{quoted}"
        );
    }
}
