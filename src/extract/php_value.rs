//! Values that PHP's `serialize` has written, as far as they are data.
//!
//! Lengths count bytes. Depth and size are bounded, nothing is allocated for what a length only claims, and an
//! object is never made: it is read over, and stands for nothing.

/// A level of nesting more than any plugin's data has; PHP's own limit is 4096.
const MAX_DEPTH: usize = 64;
/// More values than a column of text can hold in any sensible form.
const MAX_VALUES: usize = 200_000;

/// A value. Its texts lie in the bytes that were read.
#[derive(Clone, Debug, PartialEq)]
pub enum PhpValue<'a> {
    /// `N;`
    Null,
    /// `b:1;`
    Bool(bool),
    /// `i:1;`
    Int(i64),
    /// `d:0.5;`
    Float(f64),
    /// `s:1:"a";`
    Text(&'a [u8]),
    /// `a:1:{…}`, in the order in which it was written.
    Array(Vec<(PhpKey<'a>, PhpValue<'a>)>),
    /// An object, an enumeration or a reference: read over, and not kept.
    Opaque,
}

/// A key of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhpKey<'a> {
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a [u8]),
}

/// The bytes are no serialized value, or are nested too deep or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedValue;

impl<'a> PhpValue<'a> {
    /// Reads one value; the bytes must end with it.
    ///
    /// # Errors
    /// The bytes are no serialized value.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DamagedValue> {
        let (value, length) = Self::parse_front(bytes)?;
        if bytes[length..].iter().all(u8::is_ascii_whitespace) { Ok(value) } else { Err(DamagedValue) }
    }

    /// Reads the value at the front, and says how long it is.
    ///
    /// # Errors
    /// The bytes do not begin with a serialized value.
    pub fn parse_front(bytes: &'a [u8]) -> Result<(Self, usize), DamagedValue> {
        let mut reader = Reader { bytes, at: 0, values: 0 };
        let value = reader.value(0)?;
        Ok((value, reader.at))
    }

    /// The value of a key of an array.
    pub fn get(&self, key: &str) -> Option<&PhpValue<'a>> {
        let PhpValue::Array(entries) = self else { return None };
        entries.iter().find(|(known, _)| *known == PhpKey::Text(key.as_bytes())).map(|(_, value)| value)
    }

    /// The values of an array, in order.
    pub fn values(&self) -> impl Iterator<Item = &PhpValue<'a>> {
        let entries = if let PhpValue::Array(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(_, value)| value)
    }

    /// A text's bytes.
    pub fn text(&self) -> Option<&'a [u8]> {
        if let PhpValue::Text(text) = self { Some(text) } else { None }
    }

    /// A text or a number as a text; an empty one is none.
    pub fn scalar(&self) -> Option<String> {
        match self {
            PhpValue::Int(number) => Some(number.to_string()),
            PhpValue::Float(number) => Some(number.to_string()),
            PhpValue::Text(text) if !text.is_empty() => String::from_utf8(text.to_vec()).ok(),
            _ => None,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<PhpValue<'a>, DamagedValue> {
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(DamagedValue);
        }
        let kind = self.next()?;
        match kind {
            b'N' => self.expect(b";").map(|()| PhpValue::Null),
            b'b' => Ok(PhpValue::Bool(self.scalar(b';')? != b"0")),
            b'i' => self.int(b';').map(PhpValue::Int),
            b'd' => self.float().map(PhpValue::Float),
            b's' => self.text().map(PhpValue::Text),
            b'a' => {
                let count = self.count()?;
                self.entries(count, depth).map(PhpValue::Array)
            }
            b'O' => {
                self.class_name()?;
                let count =
                    self.int(b':').and_then(|count| usize::try_from(count).map_err(|_| DamagedValue))?;
                self.expect(b"{")?;
                self.entries(count, depth).map(|_| PhpValue::Opaque)
            }
            b'C' => {
                self.class_name()?;
                let length =
                    self.int(b':').and_then(|length| usize::try_from(length).map_err(|_| DamagedValue))?;
                self.expect(b"{")?;
                self.take(length)?;
                self.expect(b"}").map(|()| PhpValue::Opaque)
            }
            b'E' => self.text().map(|_| PhpValue::Opaque),
            b'r' | b'R' => self.int(b';').map(|_| PhpValue::Opaque),
            _ => Err(DamagedValue),
        }
    }

    /// The entries of an array or an object, behind its brace.
    fn entries(
        &mut self,
        count: usize,
        depth: usize,
    ) -> Result<Vec<(PhpKey<'a>, PhpValue<'a>)>, DamagedValue> {
        // An entry takes eight bytes at least, so that a bomb claims in vain.
        let mut entries = Vec::with_capacity(count.min((self.bytes.len() - self.at) / 8).min(64));
        for _ in 0..count {
            let key = match self.value(depth + 1)? {
                PhpValue::Int(number) => PhpKey::Int(number),
                PhpValue::Text(text) => PhpKey::Text(text),
                _ => return Err(DamagedValue),
            };
            entries.push((key, self.value(depth + 1)?));
        }
        self.expect(b"}")?;
        Ok(entries)
    }

    fn next(&mut self) -> Result<u8, DamagedValue> {
        let byte = *self.bytes.get(self.at).ok_or(DamagedValue)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, wanted: &[u8]) -> Result<(), DamagedValue> {
        if self.take(wanted.len())? == wanted { Ok(()) } else { Err(DamagedValue) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DamagedValue> {
        let end = self.at.checked_add(length).ok_or(DamagedValue)?;
        let taken = self.bytes.get(self.at..end).ok_or(DamagedValue)?;
        self.at = end;
        Ok(taken)
    }

    /// What stands between a colon and `end`.
    fn scalar(&mut self, end: u8) -> Result<&'a [u8], DamagedValue> {
        /// The longest number that PHP writes is a float with 17 digits, a sign and an exponent.
        const LONGEST: usize = 64;
        self.expect(b":")?;
        self.until(end, LONGEST)
    }

    fn until(&mut self, end: u8, longest: usize) -> Result<&'a [u8], DamagedValue> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take(longest).position(|byte| *byte == end).ok_or(DamagedValue)?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    fn int(&mut self, end: u8) -> Result<i64, DamagedValue> {
        number(self.scalar(end)?)
    }

    fn float(&mut self) -> Result<f64, DamagedValue> {
        match self.scalar(b';')? {
            b"INF" => Ok(f64::INFINITY),
            b"-INF" => Ok(f64::NEG_INFINITY),
            b"NAN" => Ok(f64::NAN),
            digits => number(digits),
        }
    }

    /// `:5:{`
    fn count(&mut self) -> Result<usize, DamagedValue> {
        let count = self.int(b':')?;
        self.expect(b"{")?;
        usize::try_from(count).map_err(|_| DamagedValue)
    }

    /// `:5:"texts";`
    fn text(&mut self) -> Result<&'a [u8], DamagedValue> {
        let text = self.quoted()?;
        self.expect(b";").map(|()| text)
    }

    /// `:8:"stdClass"`, where a colon follows that is read with the count.
    fn class_name(&mut self) -> Result<(), DamagedValue> {
        self.quoted().map(|_| ())
    }

    fn quoted(&mut self) -> Result<&'a [u8], DamagedValue> {
        let length = usize::try_from(self.int(b':')?).map_err(|_| DamagedValue)?;
        self.expect(b"\"")?;
        let text = self.take(length)?;
        self.expect(b"\"").map(|()| text)
    }
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Result<N, DamagedValue> {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(DamagedValue)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_read_as_php_has_written_them() {
        let text = "a:6:{s:1:\"a\";i:-5;i:7;b:1;s:3:\"sí\";d:0.5;s:0:\"\";N;i:8;a:0:{}i:9;s:3:\"\";}\";}";
        let value = PhpValue::parse(text.as_bytes()).expect("a value");
        assert_eq!(value.get("a"), Some(&PhpValue::Int(-5)));
        assert_eq!(value.get("sí"), Some(&PhpValue::Float(0.5)));
        assert_eq!(value.values().last().and_then(PhpValue::text), Some(&b"\";}"[..]), "lengths decide");
    }

    #[test]
    fn lengths_count_bytes_and_a_wrong_one_is_damage() {
        assert!(PhpValue::parse("s:3:\"✨\";".as_bytes()).is_ok());
        for damaged in
            ["s:1:\"✨\";", "s:4:\"abc\";", "s:-1:\"\";", "a:2:{i:0;N;}", "a:1:{N;N;}", "i:1", "i:x;", ""]
        {
            assert_eq!(PhpValue::parse(damaged.as_bytes()), Err(DamagedValue), "{damaged}");
        }
        assert_eq!(PhpValue::parse(b"i:1;i:2;"), Err(DamagedValue), "one value, and nothing behind it");
    }

    #[test]
    fn an_object_is_read_over_and_never_made() {
        let text = "a:4:{i:0;O:8:\"stdClass\":1:{s:6:\"\0*\0pri\";i:1;}i:1;C:3:\"Foo\":4:{i:1;}i:2;E:7:\"Foo:Bar\";i:3;R:1;}";
        let value = PhpValue::parse(text.as_bytes()).expect("a value");
        assert!(value.values().all(|value| *value == PhpValue::Opaque));
    }

    #[test]
    fn a_bomb_is_damage() {
        let deep = ["a:1:{i:0;".repeat(1_000_000), "}".repeat(1_000_000)].concat();
        assert_eq!(PhpValue::parse(deep.as_bytes()), Err(DamagedValue));
        assert_eq!(PhpValue::parse(b"a:9223372036854775807:{i:0;N;"), Err(DamagedValue));
        assert_eq!(PhpValue::parse(b"s:18446744073709551615:\"\";"), Err(DamagedValue));
        let many = ["a:300000:{", &"i:0;N;".repeat(300_000), "}"].concat();
        assert_eq!(PhpValue::parse(many.as_bytes()), Err(DamagedValue));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_or_damage(bytes in prop::collection::vec(prop::sample::select(b"aiOsbdNCE:;{}\"0123\xff".to_vec()), 0..80)) {
            if let Ok((_, length)) = PhpValue::parse_front(&bytes) {
                prop_assert!(length <= bytes.len());
            }
        }
    }
}
