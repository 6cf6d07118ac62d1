//! Files of checksums, as `sha256sum` and `sha512sum` write them.

use std::{
    fmt,
    io::{self, Read},
};

use aws_lc_rs::digest::{Context, SHA256, SHA512};

/// A digest by one of the algorithms whose collisions nobody can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sum {
    Sha256([u8; 32]),
    Sha512(Box<[u8; 64]>),
}

impl Sum {
    /// Reads hexadecimal digits, in lower or upper case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let bytes: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
                _ => None,
            })
            .collect();
        let bytes = bytes?;
        match bytes.len() {
            32 => Some(Self::Sha256(bytes.try_into().ok()?)),
            64 => Some(Self::Sha512(Box::new(bytes.try_into().ok()?))),
            _ => None,
        }
    }

    fn of(context: Context) -> Self {
        let digest = context.finish();
        let (mut short, mut long) = ([0; 32], [0; 64]);
        if digest.as_ref().len() == short.len() {
            short.copy_from_slice(digest.as_ref());
            Self::Sha256(short)
        } else {
            long.copy_from_slice(digest.as_ref());
            Self::Sha512(Box::new(long))
        }
    }

    /// The digest of everything that comes out of a reader, by the same algorithm.
    pub(crate) fn same_of(&self, input: &mut impl Read) -> io::Result<Self> {
        let mut context = Context::new(match self {
            Self::Sha256(_) => &SHA256,
            Self::Sha512(_) => &SHA512,
        });
        pour(input, std::slice::from_mut(&mut context))?;
        Ok(Self::of(context))
    }

    /// The SHA-256 of everything that comes out of a reader.
    pub(crate) fn sha256_of(input: &mut impl Read) -> io::Result<Self> {
        Self::Sha256([0; 32]).same_of(input)
    }

    /// The digests by both algorithms of everything that comes out of a reader, and how much that is.
    pub(crate) fn both_of(input: &mut (impl Read + ?Sized)) -> io::Result<(u64, Vec<Self>)> {
        let mut contexts = [Context::new(&SHA256), Context::new(&SHA512)];
        let read = pour(input, &mut contexts)?;
        Ok((read, contexts.map(Self::of).into()))
    }

    /// The name of its algorithm.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "SHA-256",
            Self::Sha512(_) => "SHA-512",
        }
    }
}

/// Reads to the end, through all of the contexts.
fn pour(input: &mut (impl Read + ?Sized), contexts: &mut [Context]) -> io::Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut read = 0;
    loop {
        let part = match input.read(&mut buffer)? {
            0 => return Ok(read),
            length => &buffer[..length],
        };
        for context in &mut *contexts {
            context.update(part);
        }
        read += part.len() as u64;
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => &bytes[..],
        };
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One line of a file of checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sum: Sum,
    /// The file it is of; nothing where the line is a digest alone.
    pub(crate) name: Option<String>,
}

/// Reads a file of checksums: `digest  name`, `digest *name`, `SHA256 (name) = digest`, or a digest alone. Empty lines, and
/// those that begin with `#`, say nothing.
///
/// # Errors
///
/// The number of the first line that is none of these, with what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = tagged(line).or_else(|| plain(line));
        lines.push(read.ok_or_else(|| format!("line {} is no checksum of SHA-256 or SHA-512", number + 1))?);
    }
    Ok(lines)
}

/// `SHA256 (name) = digest`
fn tagged(line: &str) -> Option<Line> {
    let (algorithm, rest) = line.split_once(" (")?;
    let (name, digits) = rest.rsplit_once(") = ")?;
    let sum = Sum::parse(digits)?;
    let named = matches!((algorithm, &sum), ("SHA256", Sum::Sha256(_)) | ("SHA512", Sum::Sha512(_)));
    named.then(|| Line { sum, name: Some(plain_name(name)) })
}

/// `digest  name`, where a backslash before it says that the name has some of them.
fn plain(line: &str) -> Option<Line> {
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let Some((digits, name)) = line.split_once(' ') else {
        return Some(Line { sum: Sum::parse(line)?, name: None });
    };
    let name = name.strip_prefix([' ', '*'])?;
    let name = if escaped { unescaped(name)? } else { name.to_owned() };
    (!name.is_empty()).then_some(())?;
    Some(Line { sum: Sum::parse(digits)?, name: Some(plain_name(&name)) })
}

fn plain_name(name: &str) -> String {
    name.strip_prefix("./").unwrap_or(name).to_owned()
}

fn unescaped(name: &str) -> Option<String> {
    let mut plain = String::new();
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn checksums_are_read_in_every_way_they_are_written() {
        let text = format!(
            "# made by hand\r\n{ABC}  a.zip\r\n{ABC} *./b c.zip\n\n\\{ABC}  d\\\\e\\nf\nSHA256 (g (1).zip) = {ABC}\n{}\n",
            ABC.to_uppercase()
        );
        let lines = parse(&text).unwrap();
        let names: Vec<_> = lines.iter().map(|line| line.name.as_deref()).collect();
        assert_eq!(names, [Some("a.zip"), Some("b c.zip"), Some("d\\e\nf"), Some("g (1).zip"), None]);
        assert!(lines.iter().all(|line| line.sum == Sum::sha256_of(&mut &b"abc"[..]).unwrap()));
        assert_eq!(lines[0].sum.to_string(), ABC);
    }

    #[test]
    fn a_longer_digest_is_of_sha512() {
        let of_abc = Sum::Sha512(Box::new([0; 64])).same_of(&mut &b"abc"[..]).unwrap();
        assert!(of_abc.to_string().starts_with("ddaf35a193617aba"));
        assert_eq!(parse(&format!("{of_abc}  a")).unwrap()[0].sum, of_abc);
    }

    #[test]
    fn what_is_no_checksum_is_told_by_its_line() {
        for bad in [
            "900150983cd24fb0d6963f7d28e17f72  md5",
            "hello",
            &ABC[..63],
            &format!("{ABC}x  a"),
            &format!("MD5 (a) = {ABC}"),
        ] {
            assert_eq!(
                parse(&format!("{ABC}  a\n{bad}\n")).unwrap_err(),
                "line 2 is no checksum of SHA-256 or SHA-512",
                "{bad}"
            );
        }
    }
}
