//! Texts with places for what earlier steps captured: `/api/projects/${id}`.

use std::fmt::Write as _;

use crate::InvalidParameter;

/// A part of such a text.
enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// The names in a text.
///
/// # Errors
///
/// What is wrong with it: a place that does not end, or has no proper name.
pub(super) fn names(text: &str) -> Result<Vec<&str>, InvalidParameter> {
    let name = |part| match part {
        Part::Name(name) => Some(name),
        Part::Text(_) => None,
    };
    Ok(parts(text)?.into_iter().filter_map(name).collect())
}

/// The text with every name replaced by what is found for it.
///
/// # Errors
///
/// That of the first name for which nothing is found.
pub(super) fn fill<E: From<InvalidParameter>>(
    text: &str,
    mut value: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut filled = String::new();
    for part in parts(text)? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Name(name) => filled.push_str(&value(name)?),
        }
    }
    Ok(filled)
}

/// The name, where the text is nothing but its place.
pub(super) fn only_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    is_name(name).then_some(name)
}

/// Whether a name begins with a letter and is made of small letters, digits and underscores.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A value for one part of a path or a query: everything that could have a meaning there is escaped.
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte.into());
        } else {
            // a String takes everything
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, InvalidParameter> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, place) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            // `$${` stands for `${`
            parts.extend([Part::Text(before), Part::Text("${")]);
            rest = &place[2..];
            continue;
        }
        let Some((name, after)) = place[2..].split_once('}') else {
            return Err(InvalidParameter(format!("`{place}` has no end")));
        };
        if !is_name(name) {
            return Err(InvalidParameter(format!("`{name}` is not the name of a captured value")));
        }
        parts.extend([Part::Text(before), Part::Name(name)]);
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, InvalidParameter> {
        fill(text, |name| Ok(format!("<{name}>")))
    }

    #[test]
    fn names_are_replaced_and_doubled_signs_are_not() {
        assert_eq!(filled("/a/${id}/b?x=${other_1}").unwrap(), "/a/<id>/b?x=<other_1>");
        assert_eq!(filled("cost: $5 ${id} $${id} {id}").unwrap(), "cost: $5 <id> ${id} {id}");
        assert_eq!(names("/${a}/$${b}/${c}").unwrap(), ["a", "c"]);
        for bad in ["${id", "${}", "${Id}", "${1}", "${a b}"] {
            assert!(names(bad).is_err(), "{bad}");
        }
        assert_eq!((only_name("${id}"), only_name("${id} "), only_name("id")), (Some("id"), None, None));
    }

    #[test]
    fn nothing_that_means_something_in_a_url_is_left() {
        assert_eq!(escaped("project:a b/../?x=1#é"), "project%3Aa%20b%2F..%2F%3Fx%3D1%23%C3%A9");
    }
}
