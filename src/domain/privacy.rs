//! What must not stand in a log or on a terminal: whom a message is about (L29).

/// A message of an engine or a library without the values that it quotes, without e-mail addresses and
/// without phone numbers in international form.
pub fn impersonal(message: &str) -> String {
    if !message.contains(['@', '+', '\'', '"']) {
        return message.to_owned();
    }
    let mut text = message.to_owned();
    for (before, quote) in QUOTED {
        text = without_value(&text, before, quote);
    }
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_between) {
        let bare = word.trim_end_matches(is_between);
        // The user and the host of a URL are no address.
        let in_url = shown.ends_with("//");
        let hidden = if !in_url && is_address(bare) || is_phone(bare) { "***" } else { bare };
        shown.push_str(hidden);
        shown.push_str(&word[bare.len()..]);
    }
    shown
}

/// What stands before a value that an engine quotes, with the quote.
const QUOTED: [(&str, char); 6] = [
    ("entry ", '\''),
    ("value: ", '\''),
    ("value ", '\''),
    ("type uuid: ", '"'),
    ("type integer: ", '"'),
    ("type numeric: ", '"'),
];

/// Hides the quoted values behind these words.
fn without_value(text: &str, before: &str, quote: char) -> String {
    let start = format!("{before}{quote}");
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once(&start) {
        // The engines do not escape the quotes in a value: it ends where the last one is followed by words.
        let end = tail.rfind(&format!("{quote} for ")).or_else(|| tail.find(quote)).unwrap_or(tail.len());
        shown.push_str(head);
        shown.push_str(&start);
        shown.push_str("***");
        rest = &tail[end..];
    }
    shown.push_str(rest);
    shown
}

fn is_between(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '=' | '/' | '`')
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('*'))
}

fn is_phone(word: &str) -> bool {
    let digits = word.strip_prefix('+').unwrap_or_default();
    digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l29_a_message_does_not_tell_whom_it_is_about() {
        for (message, shown) in [
            (
                "Duplicate entry 'rina@example.org' for key 'User_email_key'",
                "Duplicate entry '***' for key 'User_email_key'",
            ),
            ("Duplicate entry 'Nama d'Ambar' for key 'one_name'", "Duplicate entry '***' for key 'one_name'"),
            (
                "Incorrect string value: '\\xF0' for column 'name'",
                "Incorrect string value: '***' for column 'name'",
            ),
            ("sent to rina@example.org, +6281234567890 (twice)", "sent to ***, *** (twice)"),
            ("\"kemarin rina@exam…\"", "\"kemarin ***\""),
            ("mysql://shop:***@127.0.0.1:1/app: refused", "mysql://shop:***@127.0.0.1:1/app: refused"),
            ("postgresql://shop@127.0.0.1:1/app: refused", "postgresql://shop@127.0.0.1:1/app: refused"),
            (
                "run 20260101-013000123-a1b2c3, 127.0.0.1:5432",
                "run 20260101-013000123-a1b2c3, 127.0.0.1:5432",
            ),
            ("UNIQUE constraint failed: User.email", "UNIQUE constraint failed: User.email"),
        ] {
            assert_eq!(impersonal(message), shown);
        }
    }
}
