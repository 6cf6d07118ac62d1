//! Identifiers that look random and are the same in every run.

/// A source of identifiers, seeded by a text.
#[derive(Debug)]
pub(crate) struct Ids(u64);

const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

impl Ids {
    pub(crate) fn seeded(text: &str) -> Self {
        Self(hash(text))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// An identifier in the form of a random UUID.
    pub(crate) fn uid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | ((b >> 48) & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }

    /// Thirty-two bytes in hexadecimal, as in the digest of an image.
    pub(crate) fn digest(&mut self) -> String {
        let [a, b, c, d] = std::array::from_fn(|_| self.next());
        format!("{a:016x}{b:016x}{c:016x}{d:016x}")
    }

    /// Letters and digits as Kubernetes puts them behind the name of a Pod.
    pub(crate) fn suffix(&mut self, length: usize) -> String {
        letters(self.next(), length)
    }
}

/// A number that stands for a text.
pub(crate) fn hash(text: &str) -> u64 {
    mix(text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// The letters and digits that stand for a number.
pub(crate) fn letters(mut number: u64, length: usize) -> String {
    (0..length)
        .map(|_| {
            let letter = ALPHABET[(number % 27) as usize];
            number /= 27;
            char::from(letter)
        })
        .collect()
}

/// The same of the number in its lowest digits, in an order in which greater numbers stand behind smaller ones.
pub(crate) fn sorted_letters(mut number: u64, length: usize) -> String {
    let mut letters: Vec<char> = (0..length)
        .map(|_| {
            // The alphabet begins with its letters, and in a sorted text the digits come first.
            let letter = ALPHABET[((number + 20) % 27) as usize];
            number /= 27;
            char::from(letter)
        })
        .collect();
    letters.reverse();
    letters.into_iter().collect()
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_the_same_in_every_run() {
        let (mut a, mut b) = (Ids::seeded("x"), Ids::seeded("x"));
        let first = a.uid();
        assert_eq!(first, b.uid());
        assert_ne!(first, a.uid());
        assert_eq!(first.len(), 36);
        assert_ne!(Ids::seeded("y").uid(), first);
        assert_eq!(a.suffix(5).len(), 5);
        assert_eq!(a.digest().len(), 64);
    }

    #[test]
    fn letters_of_greater_numbers_stand_behind() {
        let all: Vec<String> = (0..27 * 27).map(|number| sorted_letters(number, 2)).collect();
        assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
        assert_eq!((all[0].as_str(), all[728].as_str()), ("22", "zz"));
    }
}
