//! The warnings that the API server sends in the headers of its answers.

use http::HeaderMap;

/// No warning is longer; the server itself cuts them there.
const LONGEST: usize = 4096;

/// The texts of all warnings, each once: `Warning: 299 - "text"`, as often as there are any, their quotes escaped.
pub(crate) fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut all = Vec::new();
    for header in headers.get_all(http::header::WARNING) {
        let text = String::from_utf8_lossy(header.as_bytes());
        let mut rest: &str = &text;
        while let Some((warning, after)) = quoted(rest) {
            if !warning.is_empty() && !all.contains(&warning) {
                all.push(warning);
            }
            rest = after;
        }
    }
    all
}

/// The first quoted text, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (_, inner) = text.split_once('"')?;
    let mut unescaped = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((unescaped, &inner[at + 1..])),
            '\\' => unescaped.extend(letters.next().map(|(_, letter)| letter)),
            letter if unescaped.len() < LONGEST => unescaped.push(letter),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn warnings_are_unescaped_and_told_once() {
        let mut headers = HeaderMap::new();
        for value in [
            r#"299 - "a \"b\" c\\d""#,
            r#"299 - "é""#,
            r#"299 - "a \"b\" c\\d""#,
            r#"299 - "one", 299 - "two""#,
            r#"299 - "not closed"#,
            "299 - ",
        ] {
            headers.append(http::header::WARNING, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        assert_eq!(warnings(&headers), [r#"a "b" c\d"#, "é", "one", "two"]);
    }
}
