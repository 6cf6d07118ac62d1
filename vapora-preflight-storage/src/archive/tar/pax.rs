//! The records that POSIX puts before a member: `30 path=a/long/name\n`, each with its length.

use super::super::Flaw;

/// Those records that say something about what is looked at here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<String>,
    pub(super) link: Option<String>,
    pub(super) size: Option<u64>,
    /// Whether the file has holes that are not stored.
    pub(super) sparse: bool,
}

impl Records {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Flaw> {
        let broken = || Flaw::broken("the records of a member cannot be read");
        let mut records = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() && rest.iter().any(|byte| *byte != 0) {
            let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(broken)?;
            let length: usize = std::str::from_utf8(&rest[..space])
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(broken)?;
            let record = rest
                .get(space + 1..length)
                .and_then(|record| record.strip_suffix(b"\n"))
                .ok_or_else(broken)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(broken)?;
            let value = || String::from_utf8(record[equals + 1..].to_vec()).map_err(|_| broken());
            match &record[..equals] {
                b"path" => records.path = Some(value()?),
                b"linkpath" => records.link = Some(value()?),
                b"size" => records.size = Some(value()?.parse().map_err(|_| broken())?),
                name if name.starts_with(b"GNU.sparse.") => records.sparse = true,
                _ => {}
            }
            rest = &rest[length..];
        }
        Ok(records)
    }

    /// Whether there is any of them.
    pub(super) fn says_something(&self) -> bool {
        *self != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_their_length() {
        let records = Records::parse(b"12 path=a\nb\n11 size=77\n20 comment=whatever\n").unwrap();
        assert_eq!(records.path.as_deref(), Some("a\nb"));
        assert_eq!(records.size, Some(77));
        assert!(!Records::parse(b"").unwrap().says_something());
        for bad in
            [&b"12 path"[..], b"x path=a\n", b"1 path=a\n", b"99 path=a\n", b"9 path=a\0", b"11 size=-7\n"]
        {
            assert!(Records::parse(bad).is_err(), "{bad:?}");
        }
    }
}
