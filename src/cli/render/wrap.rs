//! Lines that fit a terminal.

/// How wide a line is at most.
pub(crate) const WIDTH: usize = 80;

/// Words in lines that fit: the first line begins with `first`, those that follow with `next`. A word that is longer than
/// a line is broken.
pub(crate) fn wrapped(first: &str, next: &str, words: &str) -> String {
    let (mut text, mut column) = (first.to_owned(), first.chars().count());
    let begin_line = |text: &mut String| {
        text.push('\n');
        text.push_str(next);
        next.chars().count()
    };
    let mut is_first = true;
    for word in words.split_whitespace() {
        let letters = word.chars().count();
        if !is_first && column + 1 + letters <= WIDTH {
            text.push(' ');
            column += 1;
        } else if !is_first {
            column = begin_line(&mut text);
        }
        is_first = false;
        for letter in word.chars() {
            if column == WIDTH {
                column = begin_line(&mut text);
            }
            text.push(letter);
            column += 1;
        }
    }
    text.push('\n');
    text
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
}
