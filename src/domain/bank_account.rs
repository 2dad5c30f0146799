//! The bank details that an affiliate has typed into Sejoli as free text. They are read where they leave no choice: one
//! known bank, one number, and a name that is announced as the holder's. Everything else stays as it was typed.

/// An account, as the app's columns hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BankAccount {
    /// The bank's or the wallet's usual name.
    pub bank: String,
    /// The number, digits only.
    pub number: String,
    /// The holder's name; none where the text does not announce one.
    pub holder: Option<String>,
}

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum BankDetails {
    /// Nothing.
    #[default]
    None,
    /// One account.
    Account(BankAccount),
    /// Something that cannot be read without guessing.
    Unclear,
}

/// How people write the names of banks and wallets, in lower case, and the name that is kept.
const BANKS: [(&str, &str); 32] = [
    ("bca", "BCA"),
    ("bank central asia", "BCA"),
    ("bca syariah", "BCA Syariah"),
    ("mandiri", "Mandiri"),
    ("bank syariah indonesia", "BSI"),
    ("bsi", "BSI"),
    ("bni", "BNI"),
    ("bri", "BRI"),
    ("btn", "BTN"),
    ("cimb", "CIMB Niaga"),
    ("cimb niaga", "CIMB Niaga"),
    ("danamon", "Danamon"),
    ("permata", "Permata"),
    ("maybank", "Maybank"),
    ("panin", "Panin"),
    ("mega", "Mega"),
    ("muamalat", "Muamalat"),
    ("bukopin", "Bukopin"),
    ("ocbc", "OCBC"),
    ("ocbc nisp", "OCBC"),
    ("sinarmas", "Sinarmas"),
    ("btpn", "BTPN"),
    ("jenius", "Jenius"),
    ("jago", "Jago"),
    ("seabank", "SeaBank"),
    ("blu", "blu"),
    ("bjb", "BJB"),
    ("dki", "Bank DKI"),
    ("dana", "DANA"),
    ("ovo", "OVO"),
    ("gopay", "GoPay"),
    ("shopeepay", "ShopeePay"),
];

/// What announces the holder's name, in lower case.
const HOLDER: [&str; 6] = ["a.n.", "a.n", "a/n", "an.", "atas nama", "nama:"];

/// A longer name is none, and might not find room in the app's column.
const LONGEST_NAME: usize = 80;

/// Account numbers have so many digits.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=18;

impl BankDetails {
    /// Reads a cell.
    pub(crate) fn read(cell: &str) -> Self {
        let text = cell.trim();
        if text.is_empty() || text == "-" {
            return Self::None;
        }
        account(text).map_or(Self::Unclear, Self::Account)
    }

    /// The account, where it could be read.
    pub(crate) fn account(&self) -> Option<&BankAccount> {
        match self {
            Self::Account(account) => Some(account),
            Self::None | Self::Unclear => None,
        }
    }
}

fn account(text: &str) -> Option<BankAccount> {
    let parts: Vec<&str> = text.split(['\n', '\r', ',', ';']).map(str::trim).collect();
    let parts: Vec<(&str, Option<&str>)> = parts.into_iter().map(without_holder).collect();
    let holders: Vec<&str> = parts.iter().filter_map(|(_, holder)| *holder).collect();
    let others: Vec<&str> = parts.iter().map(|(other, _)| *other).collect();
    let number = only(others.iter().flat_map(|part| numbers(part))).filter(|number| !number.is_empty())?;
    let bank = only(others.iter().filter_map(|part| bank_in(part)))?;
    let holder = match holders.as_slice() {
        [] => None,
        [name] => Some((*name).to_owned()),
        _ => return None,
    };
    let is_name = |name: &String| {
        name.chars().count() <= LONGEST_NAME && !name.contains(|letter: char| letter.is_ascii_digit())
    };
    let is_plain = holder.as_ref().is_none_or(is_name);
    is_plain.then(|| BankAccount { bank: bank.to_owned(), number, holder })
}

/// The one item; none where there are several.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// A part of the text without the holder's name that it announces, and that name.
fn without_holder(part: &str) -> (&str, Option<&str>) {
    let lower = part.to_ascii_lowercase();
    let announced = HOLDER.iter().filter_map(|word| {
        let at = lower.find(word)?;
        let begins = at == 0 || lower[..at].ends_with([' ', '\t', '(', ':']);
        begins.then_some((at, at + word.len()))
    });
    let Some((at, end)) = announced.min_by_key(|(at, end)| (*at, std::cmp::Reverse(*end))) else {
        return (part, None);
    };
    let name = part[end..].trim_matches(|letter: char| letter.is_whitespace() || ":()".contains(letter));
    (&part[..at], (!name.is_empty()).then_some(name))
}

/// The bank of a part: the longest name among its words, and no second one.
fn bank_in(part: &str) -> Option<&'static str> {
    let lower = part.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |name: &str| {
        let name: Vec<&str> = name.split(' ').collect();
        words.windows(name.len()).any(|window| window == name)
    };
    let mut found: Vec<(&str, &'static str)> = BANKS.into_iter().filter(|(name, _)| has(name)).collect();
    found.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let (longest, bank) = *found.first()?;
    found.iter().all(|(name, _)| longest.contains(name)).then_some(bank)
}

/// Every number of a part, its digits joined over dots, dashes and spaces. One of another length than an account's is
/// given empty, so that it makes a second one.
fn numbers(part: &str) -> Vec<String> {
    let is_of_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '.' | ' ');
    let runs = part.split(|letter: char| !is_of_number(letter));
    let digits = runs.map(|run| run.chars().filter(char::is_ascii_digit).collect::<String>());
    let digits = digits.filter(|digits| !digits.is_empty());
    digits.map(|digits| if DIGITS.contains(&digits.len()) { digits } else { String::new() }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<(String, String, Option<String>)> {
        let details = BankDetails::read(text);
        details.account().map(|one| (one.bank.clone(), one.number.clone(), one.holder.clone()))
    }

    fn account(bank: &str, number: &str, holder: Option<&str>) -> Option<(String, String, Option<String>)> {
        Some((bank.to_owned(), number.to_owned(), holder.map(str::to_owned)))
    }

    #[test]
    fn one_bank_one_number_and_an_announced_holder_are_read() {
        for (text, expected) in [
            (
                "BCA 0034403738\na.n. Contoh Mitra\nCab. \"Contoh\"",
                account("BCA", "0034403738", Some("Contoh Mitra")),
            ),
            (
                "Bank Mandiri 123-00-0456789-0 a/n Rina Contoh",
                account("Mandiri", "1230004567890", Some("Rina Contoh")),
            ),
            ("BNI: 0012345678, atas nama: Siti", account("BNI", "0012345678", Some("Siti"))),
            ("cimb niaga 7001 2345 6789", account("CIMB Niaga", "700123456789", None)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "BCA 0034403738 atau BRI 1234567890",
            "0034403738",
            "BCA",
            "Bank Desa 0034403738",
            "BCA 0034403738 / 0812345678",
            "BCA 123",
            "BCA 0034403738 a.n. Rina, a.n. Siti",
        ] {
            assert_eq!(BankDetails::read(text), BankDetails::Unclear, "{text}");
        }
        assert_eq!([" ", "-"].map(BankDetails::read), [BankDetails::None, BankDetails::None]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_without_a_panic(text in "\\PC{0,60}") {
            let _ = BankDetails::read(&text);
        }
    }
}
