//! The form of CI machines: a result as test cases in JUnit's XML.

use std::io::Write;

use quick_xml::events::BytesText;
use quick_xml::writer::Writer;

/// A result as test cases.
#[derive(Debug)]
pub(crate) struct JunitSuite {
    /// The command: `verify`.
    pub(crate) name: &'static str,
    /// The cases in their order.
    pub(crate) cases: Vec<JunitCase>,
}

/// A test case.
#[derive(Debug)]
pub(crate) struct JunitCase {
    /// What it belongs to.
    pub(crate) class: String,
    /// What it is about.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) outcome: CaseOutcome,
}

/// How a test case ended.
#[derive(Debug)]
pub(crate) enum CaseOutcome {
    /// As it should; with what is worth knowing of it.
    Passed(String),
    /// It was left out, and why.
    Skipped(String),
    /// Otherwise: in a sentence, and in full.
    Failed {
        /// The sentence.
        message: String,
        /// A line for each.
        details: Vec<String>,
    },
    /// The command could not do it.
    Broken(String),
}

impl JunitCase {
    /// A case that fails with its details, if there are any.
    pub(crate) fn of_details(class: &str, name: &str, message: String, details: Vec<String>) -> Self {
        let outcome = match details.is_empty() {
            true => CaseOutcome::Passed(String::new()),
            false => CaseOutcome::Failed { message, details },
        };
        Self { class: class.to_owned(), name: name.to_owned(), outcome }
    }
}

impl JunitSuite {
    /// A command that came to no result.
    pub(crate) fn broken(name: &'static str, message: String) -> Self {
        let case = JunitCase {
            class: name.to_owned(),
            name: "the command came to its end".to_owned(),
            outcome: CaseOutcome::Broken(message),
        };
        Self { name, cases: vec![case] }
    }

    fn count(&self, is_one: fn(&CaseOutcome) -> bool) -> String {
        self.cases.iter().filter(|case| is_one(&case.outcome)).count().to_string()
    }

    /// The XML.
    ///
    /// # Errors
    /// None but those of the writer.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.get_mut().write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        writer
            .create_element("testsuites")
            .with_attribute(("name", "sejoli-migrate"))
            .write_inner_content(|writer| self.write(writer))?;
        let mut text = String::from_utf8(writer.into_inner())?;
        text.push('\n');
        Ok(text)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let all = self.cases.len().to_string();
        let failures = self.count(|outcome| matches!(outcome, CaseOutcome::Failed { .. }));
        let errors = self.count(|outcome| matches!(outcome, CaseOutcome::Broken(_)));
        let skipped = self.count(|outcome| matches!(outcome, CaseOutcome::Skipped(_)));
        writer
            .create_element("testsuite")
            .with_attribute(("name", self.name))
            .with_attribute(("tests", all.as_str()))
            .with_attribute(("failures", failures.as_str()))
            .with_attribute(("errors", errors.as_str()))
            .with_attribute(("skipped", skipped.as_str()))
            .write_inner_content(|writer| self.cases.iter().try_for_each(|case| write_case(writer, case)))
            .map(drop)
    }
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &JunitCase) -> std::io::Result<()> {
    let (class, name) = (allowed(&case.class), allowed(&case.name));
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class.as_str()))
        .with_attribute(("name", name.as_str()));
    let written = match &case.outcome {
        CaseOutcome::Passed(said) if said.is_empty() => element.write_empty(),
        CaseOutcome::Passed(said) => element.write_inner_content(|writer| {
            writer.create_element("system-out").write_text_content(BytesText::new(&allowed(said))).map(drop)
        }),
        CaseOutcome::Skipped(why) => element.write_inner_content(|writer| said(writer, "skipped", why, &[])),
        CaseOutcome::Failed { message, details } => {
            element.write_inner_content(|writer| said(writer, "failure", message, details))
        }
        CaseOutcome::Broken(message) => {
            element.write_inner_content(|writer| said(writer, "error", message, &[]))
        }
    };
    written.map(drop)
}

fn said(writer: &mut Writer<Vec<u8>>, name: &str, message: &str, details: &[String]) -> std::io::Result<()> {
    let message = allowed(message);
    let element = writer.create_element(name).with_attribute(("message", message.as_str()));
    match details {
        [] => element.write_empty().map(drop),
        details => {
            let details = allowed(&details.join("\n"));
            element.write_text_content(BytesText::new(&details)).map(drop)
        }
    }
}

/// A text without the characters that XML does not allow.
fn allowed(text: &str) -> String {
    let is_allowed = |sign: char| {
        matches!(sign, '\t' | '\n' | '\r') || (sign >= ' ' && !matches!(sign, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars().map(|sign| if is_allowed(sign) { sign } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{JunitCase, JunitSuite, allowed};

    #[test]
    fn what_xml_does_not_allow_is_marked() {
        assert_eq!(allowed("a\u{0}b\u{1b}[0m\n"), "a\u{fffd}b\u{fffd}[0m\n");
    }

    #[test]
    fn what_xml_reserves_is_escaped() {
        let details = vec!["<b> & \"c\"".to_owned()];
        let case = JunitCase::of_details("verify", "orders <&\">", "1 < 2".to_owned(), details);
        let text = JunitSuite { name: "verify", cases: vec![case] }.text().unwrap();
        assert!(text.contains("name=\"orders &lt;&amp;&quot;&gt;\""), "{text}");
        assert!(text.contains("message=\"1 &lt; 2\""), "{text}");
        assert!(text.contains("&lt;b&gt; &amp; "), "{text}");
    }
}
