//! E-mail addresses.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use validator::ValidateEmail;

use crate::domain::contact::invisible::is_invisible;

/// Prisma's String is VARCHAR(191) on MySQL; a longer address could not be stored there.
const MAX_EMAIL_BYTES: usize = 191;

/// RFC 5321, 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;

/// RFC 1035, 2.3.4.
const MAX_LABEL_BYTES: usize = 63;

/// A normalised e-mail address: lower case, without `mailto:`, brackets and quotes (lesson L7,
/// `docs/lessons.md`). Its `Debug` form is masked (lesson L29).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// Why a cell is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum EmailError {
    /// The cell is empty or `-`.
    #[error("the e-mail address is empty")]
    Empty,
    /// It is not of the form name@domain.
    #[error("this is not an e-mail address")]
    Malformed,
    /// It has more than 191 bytes, which the app's column cannot hold.
    #[error("the e-mail address is longer than 191 bytes")]
    TooLong,
}

impl Email {
    /// The address as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an address as shops and spreadsheets write it.
    ///
    /// # Errors
    /// The cell holds no address that could be stored.
    pub fn parse(text: &str) -> Result<Email, EmailError> {
        let bare = unwrap_address(text);
        if bare.is_empty() || bare == "-" {
            return Err(EmailError::Empty);
        }
        let (address, plausible) = if bare.is_ascii() {
            (bare.to_ascii_lowercase(), is_ascii_address(bare))
        } else {
            normalize_international(bare)
        };
        match plausible {
            false => Err(EmailError::Malformed),
            true if address.len() > MAX_EMAIL_BYTES => Err(EmailError::TooLong),
            true => Ok(Email(address)),
        }
    }

    /// The address for a log: `r***@example.org`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        let first = local.chars().next().unwrap_or('*');
        format!("{first}***@{domain}")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('@').unwrap_or((&self.0, ""))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

fn unwrap_address(text: &str) -> &str {
    if has_no_wrapping(text.as_bytes()) {
        return text;
    }
    let mut bare = text;
    loop {
        let unwrapped = bare.trim_matches(|c: char| {
            c.is_whitespace() || is_invisible(c) || matches!(c, '\'' | '"' | '<' | '>')
        });
        let unwrapped = without_mailto(unwrapped);
        if unwrapped.len() == bare.len() {
            return bare;
        }
        bare = unwrapped;
    }
}

/// A quick test that holds for nearly all addresses.
fn has_no_wrapping(text: &[u8]) -> bool {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    plain(text.first()) && plain(text.last()) && !text.contains(&b':')
}

fn without_mailto(text: &str) -> &str {
    const SCHEME: &str = "mailto:";
    match text.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
        _ => text,
    }
}

/// NFKC turns wide letters into plain ones. Afterwards only the domain may be other than ASCII.
fn normalize_international(bare: &str) -> (String, bool) {
    let visible = bare.chars().filter(|c| !is_invisible(*c));
    let folded: String = visible.nfkc().collect();
    let address: String = folded.to_lowercase().nfkc().collect();
    let plausible =
        if address.is_ascii() { is_ascii_address(&address) } else { is_international_address(&address) };
    (address, plausible)
}

fn is_international_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let spaced = address.contains(|c: char| c.is_whitespace() || c.is_control());
    dotted && !spaced && is_local_part(local) && address.validate_email()
}

/// Stricter than `ValidateEmail`, and much faster over a million addresses.
fn is_ascii_address(address: &str) -> bool {
    match address.split_once('@') {
        Some((local, domain)) => is_local_part(local) && is_domain(domain),
        None => false,
    }
}

fn is_local_part(local: &str) -> bool {
    let sized = (1..=MAX_LOCAL_BYTES).contains(&local.len());
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    sized && !dots && local.bytes().all(is_local_byte)
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let top_is_name = top.len() >= 2 && !top.bytes().all(|byte| byte.is_ascii_digit());
    top_is_name && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let hyphened = label.starts_with('-') || label.ends_with('-');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LABEL_BYTES).contains(&label.len()) && !hyphened && label.bytes().all(allowed)
}

/// Well-known domains and how they are mistyped. A mistyped name that is a provider of its own is left out.
const MISTYPED_DOMAINS: [(&str, &[&str]); 5] = [
    (
        "gmail.com",
        &[
            "gmial.com",
            "gmai.com",
            "gmail.co",
            "gmail.con",
            "gmail.cm",
            "gmail.om",
            "gmail.cim",
            "gmail.comm",
            "gmail.coom",
            "gmail.vom",
            "gmail.xom",
            "gmail.id",
            "gmail.co.id",
            "gmail.net",
            "gmal.com",
            "gmil.com",
            "gamil.com",
            "gmaill.com",
            "gmaul.com",
            "gmsil.com",
            "gnail.com",
            "gmaik.com",
            "gmali.com",
            "gemail.com",
            "gimail.com",
            "ggmail.com",
            "gmailcom.com",
            "gmaio.com",
            "gmaol.com",
        ],
    ),
    (
        "yahoo.com",
        &[
            "yaho.com",
            "yahoo.co",
            "yahoo.con",
            "yahoo.cm",
            "yahooo.com",
            "yhoo.com",
            "yahho.com",
            "yaoo.com",
            "yahoo.comm",
            "yhaoo.com",
            "tahoo.com",
            "yahoo.cim",
        ],
    ),
    ("yahoo.co.id", &["yaho.co.id", "yahooo.co.id", "yahoo.coid", "yahoo.co.ud"]),
    (
        "hotmail.com",
        &[
            "hotmial.com",
            "hotmai.com",
            "hotmal.com",
            "hotmail.co",
            "hotmail.con",
            "hotmil.com",
            "hotmaill.com",
            "homail.com",
        ],
    ),
    ("outlook.com", &["outlok.com", "outlook.co", "outlook.con", "outloook.com", "oulook.com"]),
];

/// The address that was probably meant, if the domain is a known typing error. It is a hint for a person; the
/// address itself is not changed.
pub fn suggested_address(email: &Email) -> Option<String> {
    let (local, domain) = email.parts();
    let meant = MISTYPED_DOMAINS.iter().find(|(_, slips)| slips.contains(&domain))?;
    Some(format!("{local}@{}", meant.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    /// L7: case-sensitive look-ups made duplicates.
    #[test]
    fn l7_every_spelling_of_an_address_is_one_address() {
        for text in [
            "rina@example.org",
            "  Rina@Example.ORG\u{a0}",
            "'rina@example.org",
            "<rina@example.org>",
            "mailto:rina@example.org",
            "<MAILTO:Rina@example.org>",
            "rina@example.org\u{200b}",
            "ri\u{200d}na@example.org",
            "ｒｉｎａ@example.org",
        ] {
            assert_eq!(email(text).as_str(), "rina@example.org", "{text:?}");
        }
    }

    #[test]
    fn unusual_addresses_are_addresses() {
        for text in [
            "o'neil+kelas@mail.example.co.id",
            "628120000000@shop.example",
            "a@b.id",
            "rina@bücher.example",
            "_x-y_@1.example",
        ] {
            assert_eq!(email(text).as_str(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_malformed() {
        for text in [
            "rina",
            "rina@",
            "@example.org",
            "rina@example",
            "rina@@example.org",
            "rina@a@example.org",
            "ri na@example.org",
            "rina@exam ple.org",
            "rina@example..org",
            "rina@.example.org",
            "rina@example.org.",
            "rina@-example.org",
            "rina@example.1",
            "rina@exam_ple.org",
            "rina.@example.org",
            "ri..na@example.org",
            "rina@example.org, budi@example.org",
            "rîna@example.org",
            "rina@bücher",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Malformed), "{text:?}");
        }
        for text in ["", " ", "'", "<>", "-"] {
            assert_eq!(Email::parse(text), Err(EmailError::Empty), "{text:?}");
        }
    }

    #[test]
    fn an_address_that_no_column_holds_is_too_long() {
        let domain = format!("{0}.{0}.example", "d".repeat(59));
        let longest = format!("{}@{domain}", "n".repeat(63));
        assert_eq!(longest.len(), 191);
        assert!(Email::parse(&longest).is_ok());
        let longer = format!("n{longest}");
        assert_eq!(Email::parse(&longer), Err(EmailError::TooLong));
    }

    /// L29: customer data stood in logs.
    #[test]
    fn l29_a_masked_or_debugged_address_does_not_tell_who_it_is() {
        let address = email("rina@example.org");
        assert_eq!(address.masked(), "r***@example.org");
        assert_eq!(format!("{address:?}"), "Email(r***@example.org)");
    }

    #[test]
    fn a_mistyped_domain_gets_a_hint_and_a_right_one_none() {
        for (text, meant) in [
            ("rina@gmial.com", Some("rina@gmail.com")),
            ("rina@gmail.co", Some("rina@gmail.com")),
            ("rina@yaho.com", Some("rina@yahoo.com")),
            ("rina@hotmial.com", Some("rina@hotmail.com")),
            ("rina@gmail.com", None),
            ("rina@yahoo.co.id", None),
            ("rina@ymail.com", None),
            ("rina@mail.com", None),
        ] {
            assert_eq!(suggested_address(&email(text)).as_deref(), meant, "{text}");
        }
        for (meant, slips) in MISTYPED_DOMAINS {
            assert!(slips.iter().all(|slip| is_domain(slip) && *slip != meant));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,40}") {
            let _ = Email::parse(&text);
        }

        #[test]
        fn anything_like_an_address_is_read_or_refused_without_a_panic(
            text in "[<']?(mailto:)?[a-zA-Zé.']{0,6}@[a-zA-Zé.-]{0,12}>?",
        ) {
            let _ = Email::parse(&text);
        }

        #[test]
        fn a_normalised_address_stays_as_it_is(mail in "[<']{0,2}[a-zA-Z0-9'+.]{1,8}@[a-zA-Zéß0-9-]{1,8}\\.[a-zA-Z]{2,4}>?") {
            if let Ok(address) = Email::parse(&mail) {
                prop_assert_eq!(Email::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn the_quick_check_allows_nothing_that_the_standard_refuses(mail in "[a-z.'+ ]{1,6}@[a-z0-9.@-]{1,12}") {
            if is_ascii_address(&mail) {
                prop_assert!(mail.validate_email());
            }
        }
    }
}
