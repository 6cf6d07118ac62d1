//! Amounts as Kubernetes writes them.

use std::{borrow::Cow, fmt, iter::Sum, ops::Add, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// How many parts one is kept in.
const ONE: i128 = 1_000_000_000;
/// The largest amount that Kubernetes knows, in billionths.
const LARGEST: i128 = i64::MAX as i128 * ONE;
const EXPECTED: &str = "an amount as in `500m`, `1.5`, `3` or `2Gi`";

/// An amount as Kubernetes writes it: `500m` of a core, `2Gi` of memory, `3` pods. It is kept exactly, in billionths; what is
/// finer is rounded up, as Kubernetes does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i128);

/// A text that is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {EXPECTED}, found `{found}`")]
pub struct InvalidQuantity {
    found: String,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many billionths, at most as many as Kubernetes knows.
    pub(crate) fn of_nanos(nanos: i128) -> Self {
        Self(nanos.clamp(-LARGEST, LARGEST))
    }

    /// So many whole ones.
    pub(crate) fn of_whole(number: u64) -> Self {
        Self::of_nanos(i128::from(number) * ONE)
    }

    /// As a number, to be shown; it is never compared by it.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// In whole ones, rounded up; what is below zero is zero.
    pub fn whole(self) -> u64 {
        u64::try_from((self.0.max(0) + ONE - 1) / ONE).unwrap_or(u64::MAX)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What is left after taking `other` from it; zero where that is more.
    pub(crate) fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// So many parts of a hundred of it, rounded down.
    pub(crate) fn percent(self, percent: u32) -> Self {
        Self::of_nanos(self.0.saturating_mul(i128::from(percent)).div_euclid(100))
    }

    /// How many parts of a hundred of `whole` it is, rounded up to a tenth: something that is used never looks like less.
    /// None where `whole` is nothing.
    pub(crate) fn part_of(self, whole: Self) -> Option<f64> {
        (whole.0 > 0).then(|| {
            let tenths = (self.0.saturating_mul(1000) + whole.0 - 1).div_euclid(whole.0);
            tenths as f64 / 10.0
        })
    }

    /// Whether it is more than so many parts of a hundred of `whole`.
    pub(crate) fn exceeds(self, percent: u32, whole: Self) -> bool {
        self.0.saturating_mul(100) > whole.0.saturating_mul(i128::from(percent))
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// What a suffix stands for: a factor, and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    let binary = |power: u32| Some((1 << (10 * power), 0));
    let decimal = |power: i32| Some((1, power));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    }
}

fn nanos(text: &str) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (factor, power) = scale(suffix)?;
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{}{fraction}", whole.trim_start_matches('0'));
    let digits: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    if digits == 0 {
        return Some(0);
    }
    let power = power.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let number = digits.checked_mul(factor)?;
    let tens = 10_i128.checked_pow(power.unsigned_abs());
    let nanos = match (power >= 0, tens) {
        (true, tens) => number.checked_mul(tens?)?,
        (false, Some(tens)) => number / tens + i128::from(number % tens != 0),
        (false, None) => 1,
    };
    (nanos <= LARGEST).then_some(sign * nanos)
}

impl FromStr for Quantity {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        nanos(text).map(Self).ok_or_else(|| InvalidQuantity { found: crate::wording::short(text) })
    }
}

impl fmt::Display for Quantity {
    /// As an exact decimal number: `0.5`, `2147483648`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / ONE as u128, self.0.unsigned_abs() % ONE as u128);
        if rest == 0 {
            return f.pad(&format!("{sign}{whole}"));
        }
        f.pad(format!("{sign}{whole}.{rest:09}").trim_end_matches('0'))
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "description": EXPECTED })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn an_amount_is_read_as_kubernetes_writes_it() {
        for (text, nanos) in [
            ("0", 0),
            ("100m", 100_000_000),
            ("0.1", 100_000_000),
            (".1", 100_000_000),
            ("1.", ONE),
            ("+1", ONE),
            ("-1.5", -3 * ONE / 2),
            ("1e3", 1_000 * ONE),
            ("1E3", 1_000 * ONE),
            ("1E", 1_000_000_000_000_000_000 * ONE),
            ("12e-1", 6 * ONE / 5),
            ("129e6", 129_000_000 * ONE),
            ("129M", 129_000_000 * ONE),
            ("123Mi", 128_974_848 * ONE),
            ("1Gi", 1_073_741_824 * ONE),
            ("0.5Gi", 536_870_912 * ONE),
            ("12345678n", 12_345_678),
            ("250u", 250_000),
            ("7046440Ki", 7_046_440 * 1024 * ONE),
            ("9223372036854775807", i128::from(i64::MAX) * ONE),
            ("0.0000000001", 1),
            ("1e-99", 1),
            ("0e99", 0),
            ("0001.50", 3 * ONE / 2),
        ] {
            assert_eq!(of(text), Quantity(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_not_read_as_one() {
        for bad in [
            "",
            " 1",
            "1 ",
            "m",
            ".",
            "-",
            "1..2",
            "1.2.3",
            "1K",
            "1ki",
            "1 Gi",
            "1e",
            "1e1.5",
            "0x10",
            "NaN",
            "inf",
            "1,5",
            "1_000",
            "½",
            "9223372036854775808",
            "16Ei",
            "1e99",
            "1mm",
            "--1",
        ] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_parameter_may_be_a_number_too() {
        let read = |json: &str| serde_json::from_str::<Quantity>(json);
        assert_eq!(read("3").unwrap(), of("3"));
        assert_eq!(read("0.5").unwrap(), of("500m"));
        assert_eq!(read("\"500m\"").unwrap(), of("500m"));
        for bad in ["true", "null", "[]", "\"x\""] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_part_never_looks_smaller_than_it_is() {
        assert_eq!(of("1").part_of(of("3")), Some(33.4));
        assert_eq!(of("800m").part_of(of("1")), Some(80.0));
        assert_eq!(of("1").part_of(Quantity::ZERO), None);
        assert!(!of("800m").exceeds(80, of("1")) && of("800000001n").exceeds(80, of("1")));
        assert!(of("1n").exceeds(80, Quantity::ZERO));
        assert_eq!(of("1").less(of("2")), Quantity::ZERO);
        assert_eq!((of("1001m").whole(), of("-5").whole()), (2, 0));
        assert_eq!(of("1.5").percent(150), of("2250m"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_breaks_it(text in "[-+0-9.eEKMGTPinumk ]{0,24}|\\PC{0,12}") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                prop_assert_eq!(quantity.to_string().parse::<Quantity>(), Ok(quantity));
            }
        }

        #[test]
        fn a_suffix_is_only_a_factor(number in 0_u64..1 << 50, power in 0_u32..2) {
            let plain = i128::from(number);
            let binary = plain << (10 * power);
            let suffix = ["", "Ki"][power as usize];
            prop_assert_eq!(format!("{number}{suffix}").parse(), Ok(Quantity(binary * ONE)));
            for (suffix, factor) in [("n", 1), ("u", 1_000), ("m", 1_000_000), ("k", 1_000 * ONE)] {
                prop_assert_eq!(format!("{number}{suffix}").parse(), Ok(Quantity(plain * factor)));
            }
            let half = format!("{number}.5{suffix}").parse::<Quantity>().unwrap();
            prop_assert_eq!(half + half, Quantity(2 * binary * ONE + (1 << (10 * power)) * ONE));
        }

        #[test]
        fn what_is_finer_than_a_billionth_is_rounded_up(whole in 0_u32.., fraction in "[0-9]{1,20}") {
            let quantity: Quantity = format!("{whole}.{fraction}").parse().unwrap();
            let padded = format!("{fraction:0<20}");
            let (kept, rest) = padded.split_at(9);
            let up = i128::from(rest.bytes().any(|digit| digit != b'0'));
            prop_assert_eq!(quantity.0, i128::from(whole) * ONE + kept.parse::<i128>().unwrap() + up);
        }

        #[test]
        fn amounts_compare_as_their_numbers_do(a in -1_000_000_i64..1_000_000, b in 0_i64..1_000_000, percent in 0_u32..300) {
            let quantity = |number: i64| format!("{number}m").parse::<Quantity>().unwrap();
            prop_assert_eq!(quantity(a).cmp(&quantity(b)), a.cmp(&b));
            let more = i128::from(a) * 100 > i128::from(b) * i128::from(percent);
            prop_assert_eq!(quantity(a).exceeds(percent, quantity(b)), more);
        }
    }
}
