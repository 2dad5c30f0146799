//! The address by which an affiliate sells: the app recognises the sale by the code in its query.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The page that an affiliate's link leads to, where nothing else is said.
pub(crate) const CHECKOUT: &str = "/checkout";

/// Whether a path has nothing in it that means something to a web server's configuration: a `;` or a space would end the
/// rule of nginx that it stands in, a `$` begins a variable, a `:` a parameter of Vercel's.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte);
    path.bytes().all(is_plain)
}

/// What stands as it is in a query.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The address of a page of a site with an affiliate's code. The site has no slash at its end, the page one at its
/// beginning.
pub(crate) fn address(site: &str, page: &str, code: &str) -> String {
    format!("{site}{page}?ref={}", utf8_percent_encode(code, KEPT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_would_end_a_rule_is_not_plain() {
        assert!(is_plain_path("/auth/kasir-2%20a"));
        for path in ["/x;return", "/x y", "/x\n", "/$uri", "/{x}", "/x\"", "/x?a", "/:slug", "/x\\"] {
            assert!(!is_plain_path(path), "{path}");
        }
    }

    #[test]
    fn a_code_is_one_value_of_the_query_whatever_it_is_made_of() {
        assert_eq!(address("https://a.example", CHECKOUT, "SJ-20"), "https://a.example/checkout?ref=SJ-20");
        assert_eq!(
            address("https://a.example", "/x", "RINA & CO#1"),
            "https://a.example/x?ref=RINA%20%26%20CO%231"
        );
    }
}
