//! Names that lead somewhere else than into the folder where an archive would be unpacked.

/// How long a name may be, in bytes.
const LONGEST: usize = 4096;

/// What is wrong with the name of a member, if anything is.
pub(crate) fn unsafe_name(name: &str) -> Option<&'static str> {
    let trimmed = name.strip_suffix('/').unwrap_or(name);
    let trimmed = trimmed.strip_prefix("./").unwrap_or(trimmed);
    let drive = |bytes: &[u8]| matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.len() > LONGEST {
        Some("is too long")
    } else if name.starts_with('/') || drive(name.as_bytes()) {
        Some("is absolute")
    } else if name.contains('\\') {
        Some("has a backslash, which leads elsewhere on some systems")
    } else if name.contains(char::REPLACEMENT_CHARACTER) {
        // what is read as such stands for bytes that are no text
        Some("is not UTF-8")
    } else if name.chars().any(char::is_control) {
        Some("has a control character")
    } else if trimmed.split('/').any(|part| part == "..") {
        Some("leads out of the archive")
    } else if !matches!(trimmed, "" | ".") && trimmed.split('/').any(|part| matches!(part, "" | ".")) {
        Some("has an empty part or a `.` in it")
    } else if name.is_empty() {
        Some("is empty")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_told() {
        for name in ["a", "a/b.txt", "a/", "./a/b", "./", ".hidden", "a..b", "..a/b..", "ü/é"] {
            assert_eq!(unsafe_name(name), None, "{name}");
        }
        for name in [
            "",
            "/",
            "/etc/passwd",
            "../a",
            "a/../../b",
            "a/..",
            "C:\\x",
            "c:/x",
            "a\\..\\b",
            "a\nb",
            "a\0",
            "a//b",
            "a/./b",
            "././a",
            "a\u{fffd}",
        ] {
            assert!(unsafe_name(name).is_some(), "{name:?}");
        }
        assert!(unsafe_name(&"a".repeat(5000)).is_some());
    }
}
