//! What the rooms of the source tree owe each other.

/// SQL stands in `src/store` and nowhere above it: neither a text nor a piece of one, nor a call that takes
/// one, nor the cells that are bound to it.
#[test]
fn sql_lives_in_store() {
    use std::path::{Path, PathBuf};

    /// A file without comments: its code with the texts of literals blanked out, byte for byte, and the
    /// literals with their offsets.
    struct Source {
        code: Vec<u8>,
        literals: Vec<(usize, String)>,
    }

    impl Source {
        fn of(text: &str) -> Self {
            let bytes = text.as_bytes();
            let mut code = bytes.to_vec();
            let mut literals = Vec::new();
            let blank = |code: &mut Vec<u8>, from: usize, to: usize| {
                code[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            };
            let mut at = 0;
            while at < bytes.len() {
                let rest = &bytes[at..];
                let follows_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
                let end = if rest.starts_with(b"//") {
                    at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
                } else if rest.starts_with(b"/*") {
                    Self::end_of_block_comment(bytes, at)
                } else if rest[0] == b'"' {
                    let end = Self::end_of_text(bytes, at);
                    literals.push((at, text[at + 1..end - 1].replace("\\\"", "\"")));
                    end
                } else if let Some((from, to, end)) = Self::raw_text(bytes, at).filter(|_| !follows_word) {
                    literals.push((at, text[from..to].to_owned()));
                    end
                } else if rest[0] == b'\'' {
                    // A character; anything else is a lifetime.
                    match rest {
                        [_, b'\\', ..] => {
                            at + 3 + rest[3..].iter().position(|byte| *byte == b'\'').unwrap_or(0)
                        }
                        [_, _, b'\'', ..] => at + 2,
                        _ => at,
                    }
                } else {
                    at
                };
                if end > at {
                    blank(&mut code, at, end);
                }
                at = end.max(at + 1);
            }
            let mut source = Self { code, literals };
            source.leave_out_tests();
            source
        }

        fn end_of_block_comment(bytes: &[u8], start: usize) -> usize {
            let (mut depth, mut at) = (0, start);
            while at < bytes.len() {
                match &bytes[at..] {
                    [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                    [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
                if depth == 0 {
                    break;
                }
            }
            at
        }

        fn end_of_text(bytes: &[u8], start: usize) -> usize {
            let mut at = start + 1;
            while bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at + 1
        }

        /// Where a raw literal's text begins and ends, and where the literal ends.
        fn raw_text(bytes: &[u8], start: usize) -> Option<(usize, usize, usize)> {
            let prefix = if bytes[start..].starts_with(b"br") { 2 } else { 1 };
            if bytes[start + prefix - 1] != b'r' {
                return None;
            }
            let hashes = bytes[start + prefix..].iter().take_while(|byte| **byte == b'#').count();
            let from = start + prefix + hashes + 1;
            if bytes.get(from - 1) != Some(&b'"') {
                return None;
            }
            let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            let to = from + bytes[from..].windows(closing.len()).position(|window| *window == closing)?;
            Some((from, to, to + closing.len()))
        }

        /// An item under `#[cfg(test)]` ends with its semicolon or its block.
        fn leave_out_tests(&mut self) {
            const MARK: &[u8] = b"#[cfg(test)]";
            while let Some(start) = self.code.windows(MARK.len()).position(|window| window == MARK) {
                let (mut depth, mut at) = (0, start + MARK.len());
                while at < self.code.len() {
                    match self.code[at] {
                        b'{' => depth += 1,
                        b'}' => depth -= 1,
                        _ => {}
                    }
                    let is_end = depth == 0 && matches!(self.code[at], b'}' | b';');
                    at += 1;
                    if is_end {
                        break;
                    }
                }
                self.code[start..at].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
                self.literals.retain(|(offset, _)| !(start..at).contains(offset));
            }
        }

        /// The lines on which SQL stands, and what it is known by.
        fn sql(&self) -> Vec<(usize, String)> {
            let line = |offset: usize| 1 + self.code[..offset].iter().filter(|byte| **byte == b'\n').count();
            let texts = self.literals.iter();
            let texts = texts.filter_map(|(at, text)| {
                let sign = sign_of_sql(text)?;
                Some((line(*at), sign))
            });
            let code = String::from_utf8_lossy(&self.code).into_owned();
            let calls = CALLS.iter().flat_map(|call| {
                let found = code.match_indices(call).filter(|(at, _)| is_whole(&code, *at, call.len()));
                found.map(|(at, _)| (line(at), (*call).to_owned())).collect::<Vec<_>>()
            });
            texts.chain(calls).collect()
        }
    }

    /// What only the store may name: what takes SQL, what makes a part of it, and what is bound to it.
    const CALLS: &[&str] = &[
        ".query",
        ".execute",
        ".select",
        ".columns_where",
        ".read_rows",
        ".has_row",
        ".set_where",
        ".condition",
        ".one_of",
        ".of_sejoli",
        ".json_extract",
        "sql_query",
        "Cell",
    ];

    fn is_part_of_name(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_'
    }

    fn is_whole(code: &str, at: usize, length: usize) -> bool {
        let bytes = code.as_bytes();
        let before = bytes[at] != b'.' && at > 0 && is_part_of_name(bytes[at - 1]);
        !before && bytes.get(at + length).is_none_or(|next| !is_part_of_name(*next))
    }

    /// A keyword in capitals, a quoted name that is compared or ordered by, or a placeholder behind an
    /// operator.
    fn sign_of_sql(text: &str) -> Option<String> {
        const WORDS: &[&str] = &[
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "WHERE",
            "FROM",
            "JOIN",
            "HAVING",
            "LIMIT",
            "DISTINCT",
            "RETURNING",
            "VALUES",
            "UNION",
        ];
        const PAIRS: &[[&str; 2]] = &[["ORDER", "BY"], ["GROUP", "BY"], ["IS", "NULL"], ["NOT", "NULL"]];
        let words: Vec<&str> = text
            .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')
            .filter(|word| !word.is_empty())
            .collect();
        let word = words.iter().find(|word| WORDS.contains(word)).map(|word| (*word).to_owned());
        let pair = || {
            words.windows(2).find(|pair| PAIRS.iter().any(|known| known == pair)).map(|pair| pair.join(" "))
        };
        let column = || {
            let mut parts = text.split('"');
            parts.next();
            let quoted: Vec<&str> = parts.collect();
            quoted.chunks_exact(2).find_map(|parts| {
                let is_name = !parts[0].is_empty()
                    && parts[0].bytes().all(|byte| is_part_of_name(byte) || b"{}".contains(&byte));
                let operators = ["= ", "<> ", "> ", "< ", ">= ", "<= ", "IN ", "LIKE ", "ASC", "DESC"];
                let is_compared =
                    operators.iter().any(|operator| parts[1].trim_start().starts_with(operator));
                (is_name && is_compared).then(|| format!("\"{}\"{}", parts[0], parts[1]))
            })
        };
        let bound = || {
            ["= ?", "<> ?", "> ?", "< ?", "(?"]
                .iter()
                .find(|sign| text.contains(**sign))
                .map(|sign| (*sign).to_owned())
        };
        word.or_else(pair).or_else(column).or_else(bound)
    }

    fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                rust_files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    // The check itself is checked first: what it must notice, and what it must leave alone.
    let lines = |text: &str| Source::of(text).sql().into_iter().map(|(line, _)| line).collect::<Vec<_>>();
    for (sql, noticed) in [
        ("fn f() {\n    g(\"SELECT 1\");\n}", vec![2]),
        ("let tail = \"ORDER BY \\\"id\\\"\";", vec![1]),
        ("let tail = format!(\"{among} AND \\\"id\\\" = {id}\");", vec![1]),
        ("let condition = \"id = ?\";", vec![1]),
        ("let raw = r#\"DELETE FROM \"User\"\"#;", vec![1]),
        ("store\n    .query(&text, &[])", vec![2]),
        ("let key = [Cell::Text(id)];", vec![1]),
        ("let quote = '\"';\nlet sql = \"SELECT 1\";", vec![2]),
        (
            "#[cfg(test)]\nmod tests {\n    const SQL: &str = \"SELECT {\";\n}\nconst SQL: &str = \"SELECT 1\";",
            vec![5],
        ),
        ("/* \"SELECT 1\" /* nested */ */ let message = \"select a file from the list\";", vec![]),
        ("/// SELECT what \"is\" = ?\nfn select<'a>(cell: &'a CellRules) {}", vec![]),
        ("say(\"{table}.{column}: \\\"{word}\\\" is no word of the app\");", vec![]),
    ] {
        assert_eq!(lines(sql), noticed, "{sql}");
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files.sort();
    let is_above_store = |path: &PathBuf| !path.starts_with(root.join("store"));
    let (above, store): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_above_store);
    let found = |path: &PathBuf| {
        let source = Source::of(&std::fs::read_to_string(path).expect("a source"));
        let name = path.strip_prefix(&root).expect("a file of src").display().to_string();
        source
            .sql()
            .into_iter()
            .map(move |(line, sign)| format!("src/{name}:{line}: {sign}"))
            .collect::<Vec<_>>()
    };
    assert!(store.iter().flat_map(found).count() > 100, "the store's own SQL is noticed");
    let misplaced: Vec<String> = above.iter().flat_map(found).collect();
    assert!(misplaced.is_empty(), "SQL outside of src/store:\n{}", misplaced.join("\n"));
}
