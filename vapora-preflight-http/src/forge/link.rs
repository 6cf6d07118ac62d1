//! The `Link` header of RFC 8288, as far as pages need it.

/// The target of the link whose relation is `next`.
pub(super) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        // the parameters end before the next target
        let (parameters, others) = after.split_at(after.find('<').unwrap_or(after.len()));
        let is_next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.trim().trim_end_matches(',').split_once('=') else {
                return false;
            };
            let relations = value.trim().trim_end_matches(',').trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = others;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        let header = r#"<https://a.test/x?page=1>; rel="prev", <https://a.test/x?page=3&a=b,c>; rel="next", <https://a.test/x?page=9>; rel="last""#;
        assert_eq!(next(header), Some("https://a.test/x?page=3&a=b,c"));
        assert_eq!(next("</x>; rel=next"), Some("/x"));
        assert_eq!(next("</x>; title=\"a; rel=b\"; REL=\"last next\""), Some("/x"));
    }

    #[test]
    fn no_link_is_no_page() {
        for header in ["", "<", "</x", "</x>", "</x>; rel=\"last\"", "rel=\"next\"", "<>; rel"] {
            assert_eq!(next(header), None, "{header}");
        }
    }
}
