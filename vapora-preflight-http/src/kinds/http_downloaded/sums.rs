//! Files of checksums.

use vapora_preflight::Digest;

/// The digest of the first of these names that the lines name: `digest  name`, `digest *name`, `SHA256 (name) = digest`; or
/// the only digest, where it stands alone. Empty lines, and those that begin with `#`, say nothing.
///
/// # Errors
///
/// The line that is none of these, or that contradicts another one.
pub(super) fn find(text: &str, names: &[String]) -> Result<Option<Digest>, String> {
    let mut lines: Vec<(Option<&str>, Digest)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = tagged(line).or_else(|| plain(line));
        lines.push(read.ok_or_else(|| format!("line {}", number + 1))?);
    }
    if let [(None, digest)] = lines.as_slice() {
        return Ok(Some(*digest));
    }
    for name in names {
        let mut found = lines.iter().filter(|(of, _)| *of == Some(name.as_str())).map(|(_, digest)| *digest);
        let Some(first) = found.next() else { continue };
        if found.any(|other| other != first) {
            return Err(format!("two digests of `{name}`"));
        }
        return Ok(Some(first));
    }
    Ok(None)
}

fn tagged(line: &str) -> Option<(Option<&str>, Digest)> {
    let (name, digits) = line.strip_prefix("SHA256 (")?.rsplit_once(") = ")?;
    Some((Some(last(name)), digits.parse().ok()?))
}

fn plain(line: &str) -> Option<(Option<&str>, Digest)> {
    match line.split_once([' ', '\t']) {
        None => Some((None, line.parse().ok()?)),
        Some((digits, name)) => {
            let name = name.trim_start_matches([' ', '\t', '*']);
            Some((Some(last(name)), digits.parse().ok()?))
        }
    }
}

/// The name without its folders.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const ABD: &str = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";

    fn of(text: &str, name: &str) -> Result<Option<String>, String> {
        find(text, &[name.to_owned()]).map(|digest| digest.map(|it| it.to_string()))
    }

    #[test]
    fn a_file_is_found_by_its_name() {
        let text = format!(
            "# made\r\n{ABD}  b.zip\r\n{ABC} *./out/a.zip\n\nSHA256 (c (1).zip) = {}\n",
            ABC.to_uppercase()
        );
        assert_eq!(of(&text, "a.zip").unwrap().as_deref(), Some(ABC));
        assert_eq!(of(&text, "c (1).zip").unwrap().as_deref(), Some(ABC));
        assert_eq!(of(&text, "d.zip").unwrap(), None);
        assert_eq!(of(&format!("{ABC}\n"), "d.zip").unwrap().as_deref(), Some(ABC));
        // a digest alone is not of a file that is not named, where others are
        assert_eq!(of(&format!("{ABC}\n{ABD}  b.zip\n"), "d.zip").unwrap(), None);
        assert_eq!(of("", "a.zip").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for bad in [
            "<html>",
            "900150983cd24fb0d6963f7d28e17f72  a.zip",
            &ABC[..63],
            &format!("{ABC}  a.zip\n{ABD}  a.zip"),
            &format!("{ABC}  a.zip\nnot found"),
        ] {
            assert!(of(bad, "a.zip").is_err(), "{bad}");
        }
    }
}
