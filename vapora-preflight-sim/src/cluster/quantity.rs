//! Quantities of resources: `100m`, `256Mi`, `1e3`.

use std::{fmt, iter::Sum, ops::Add};

/// An amount, with the family of suffixes it was written in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantity {
    /// In billionths.
    nanos: i128,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Binary,
    Decimal,
    Exponent,
}

/// A text that is no quantity, in the words of an API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QuantityError {
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Form,
    #[error("unable to parse quantity's suffix")]
    Suffix,
    #[error("unable to parse numeric part of quantity")]
    Number,
}

const NANO: i128 = 1_000_000_000;
const BINARY: [(&str, u32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];
/// Powers of ten from a billionth on.
const DECIMAL: [(&str, u32); 10] =
    [("n", 0), ("u", 3), ("m", 6), ("", 9), ("k", 12), ("M", 15), ("G", 18), ("T", 21), ("P", 24), ("E", 27)];

impl Quantity {
    pub(crate) const ZERO: Self = Self { nanos: 0, family: Family::Decimal };

    /// So many of something.
    pub(crate) fn count(number: usize) -> Self {
        Self { nanos: i128::try_from(number).unwrap_or(i128::MAX / NANO) * NANO, family: Family::Decimal }
    }

    /// Reads a quantity as an API server does.
    pub(crate) fn parse(text: &str) -> Result<Self, QuantityError> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let digits = letters.strip_prefix(['+', '-']).unwrap_or(letters);
        if number.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::Form);
        }
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if part.contains('.') || (whole.is_empty() && part.is_empty()) {
            return Err(QuantityError::Number);
        }
        let (family, scale) = scale(suffix).ok_or(QuantityError::Suffix)?;
        let digits: i128 = format!("{whole}{part}").parse().map_err(|_| QuantityError::Number)?;
        let places = u32::try_from(part.len()).map_err(|_| QuantityError::Number)?;
        let divisor = 10i128.checked_pow(places).ok_or(QuantityError::Number)?;
        // What is smaller than a billionth is rounded up.
        let scaled = digits.checked_mul(scale).ok_or(QuantityError::Number)?;
        let nanos = scaled / divisor + i128::from(scaled % divisor > 0);
        Ok(Self { nanos: if text.starts_with('-') { -nanos } else { nanos }, family })
    }

    /// How much it is, in ones, about.
    pub(crate) fn ones(self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    /// The quantity in a value of JSON, a text or a number.
    pub(crate) fn of(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(text) => Self::parse(text).ok(),
            serde_json::Value::Number(number) => Self::parse(&number.to_string()).ok(),
            _ => None,
        }
    }
}

/// How many billionths one of a suffix is.
fn scale(suffix: &str) -> Option<(Family, i128)> {
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((Family::Binary, 1024i128.pow(*power) * NANO));
    }
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Family::Decimal, 10i128.pow(*power)));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = u32::try_from(exponent + 9).ok().filter(|power| *power <= 27)?;
    Some((Family::Exponent, 10i128.pow(power)))
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.nanos.partial_cmp(&other.nanos)
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let family = if self.nanos == 0 { other.family } else { self.family };
        Self { nanos: self.nanos.saturating_add(other.nanos), family }
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ones = self.nanos / NANO;
        if self.family == Family::Binary && self.nanos % NANO == 0 && ones.abs() >= 1024 {
            let power = (1..=6).take_while(|power| ones % 1024i128.pow(*power) == 0).last();
            let suffix = power.map_or("", |power| BINARY[power as usize - 1].0);
            return write!(f, "{}{suffix}", ones / 1024i128.pow(power.unwrap_or(0)));
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let fitting = DECIMAL.iter().rfind(|(_, power)| self.nanos % 10i128.pow(*power) == 0);
        let (suffix, power) = fitting.copied().unwrap_or(DECIMAL[0]);
        let number = self.nanos / 10i128.pow(power);
        match self.family {
            Family::Exponent if power > 9 => write!(f, "{number}e{}", power - 9),
            _ => write!(f, "{number}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_read_and_shown_in_its_shortest_form() {
        for (text, shown) in [
            ("100m", "100m"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("256Mi", "256Mi"),
            ("1500Mi", "1500Mi"),
            ("1e3", "1e3"),
            ("12000", "12k"),
            ("0", "0"),
            ("1.5Gi", "1536Mi"),
            ("-2", "-2"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_in_the_words_of_an_api_server() {
        for (text, error) in [
            ("64Mb", QuantityError::Form),
            ("", QuantityError::Form),
            ("abc", QuantityError::Form),
            ("1mm", QuantityError::Suffix),
            ("1.2.3", QuantityError::Number),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn quantities_are_compared_and_added_whatever_their_suffixes() {
        let of = |text| Quantity::parse(text).unwrap();
        assert!(of("1Gi") > of("1G") && of("1000m") == of("1"));
        assert_eq!([of("256Mi"), of("768Mi")].into_iter().sum::<Quantity>().to_string(), "1Gi");
    }
}
