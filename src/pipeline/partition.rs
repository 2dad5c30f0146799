//! One import shared by several processes, on as many machines: each takes the rows of its own buyers, with a run,
//! a lock and checkpoints of its own. The first part does what cannot be shared: memberships to create, affiliates
//! and the settlement.

use std::str::FromStr;

use crate::pipeline::read::duplicates::key_hash;

/// More parts would wait for each other longer than they work.
const MAX_PARTS: u16 = 64;

/// One part of several, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    part: u16,
    of: u16,
}

/// The text does not name a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a part of several, such as 2/4, of at most {MAX_PARTS}")]
pub struct NoPartition;

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Self, NoPartition> {
        let (part, of) = text.split_once('/').ok_or(NoPartition)?;
        let (part, of) = (part.parse().map_err(|_| NoPartition)?, of.parse().map_err(|_| NoPartition)?);
        if part == 0 || part > of || of > MAX_PARTS { Err(NoPartition) } else { Ok(Self { part, of }) }
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl Partition {
    /// All parts of the same whole, in order.
    pub fn all(self) -> impl Iterator<Item = Partition> {
        (1..=self.of).map(move |part| Partition { part, of: self.of })
    }

    /// Its number, from 1.
    pub fn number(self) -> u16 {
        self.part
    }

    /// Whether this is the part that does the work that cannot be shared.
    pub fn is_first(self) -> bool {
        self.part == 1
    }

    /// Whether this part imports the rows with this partition key, usually a buyer's e-mail address.
    pub fn includes(self, key: &str) -> bool {
        key_hash(key) % u64::from(self.of) + 1 == u64::from(self.part)
    }

    /// The part as it is named in a run's id. The names sort so that a rollback undoes the first part last.
    pub fn in_id(self) -> String {
        let width = self.of.to_string().len();
        format!("{:0width$}of{}", self.part, self.of)
    }
}

/// One part of an import and the contexts of all parts.
#[derive(Clone, Debug)]
pub struct SharedImport {
    /// The part.
    pub partition: Partition,
    /// The contexts of all parts, the first one's first.
    pub contexts: Vec<String>,
}

impl SharedImport {
    /// A short name that all parts share: the start of the first part's context.
    pub fn group(&self) -> &str {
        self.contexts.first().and_then(|context| context.get(..12)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_several() {
        assert_eq!("2/4".parse::<Partition>().map(|part| part.to_string()), Ok("2/4".to_owned()));
        for wrong in ["", "2", "0/4", "5/4", "1/0", "1/65", "a/b", "-1/4", "1/4/2"] {
            assert_eq!(wrong.parse::<Partition>(), Err(NoPartition), "{wrong}");
        }
    }

    #[test]
    fn every_buyer_belongs_to_exactly_one_part() {
        let any: Partition = "1/3".parse().unwrap();
        let mut included = [0; 3];
        for number in 0..300 {
            let key = format!("buyer{number}@example.org");
            let includers: Vec<usize> =
                any.all().enumerate().filter(|(_, p)| p.includes(&key)).map(|(at, _)| at).collect();
            assert_eq!(includers.len(), 1, "{key}");
            included[includers[0]] += 1;
        }
        assert!(included.iter().all(|count| *count > 50), "{included:?}");
    }

    #[test]
    fn ids_of_parts_sort_by_their_numbers() {
        let of = |text: &str| text.parse::<Partition>().unwrap().in_id();
        assert_eq!([of("2/4"), of("2/12"), of("10/12")], ["2of4", "02of12", "10of12"]);
    }
}
