//! Objects that differ from one another only in a few texts.

use serde_json::Value;

/// An object as text, with blanks.
#[derive(Debug)]
pub(super) struct Mould {
    /// What stands before each blank, and which one it is.
    parts: Vec<(String, usize)>,
    end: String,
}

impl Mould {
    /// Of an object, whose texts like these become the blanks of the same numbers. A longer text is found before a shorter
    /// one that is a part of it.
    pub(super) fn of(object: &Value, blanks: &[String]) -> Self {
        let text = object.to_string();
        let mut order: Vec<usize> = (0..blanks.len()).filter(|number| !blanks[*number].is_empty()).collect();
        order.sort_by_key(|number| std::cmp::Reverse(blanks[*number].len()));
        let (mut parts, mut rest) = (Vec::new(), text.as_str());
        // The first place at which any of them stands; there the longest.
        while let Some((at, number)) = order
            .iter()
            .filter_map(|number| Some((rest.find(blanks[*number].as_str())?, *number)))
            .min_by_key(|(at, _)| *at)
        {
            parts.push((rest[..at].to_owned(), number));
            rest = &rest[at + blanks[number].len()..];
        }
        Self { parts, end: rest.to_owned() }
    }

    /// The object with these texts in the blanks.
    pub(super) fn fill(&self, texts: &[String]) -> Value {
        let mut whole = String::with_capacity(4096);
        for (before, number) in &self.parts {
            whole.push_str(before);
            whole.push_str(texts.get(*number).map_or("", String::as_str));
        }
        whole.push_str(&self.end);
        serde_json::from_str(&whole).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_of_an_object_become_blanks() {
        let texts = |list: [&str; 2]| list.map(str::to_owned);
        let mould = Mould::of(
            &json!({ "a": "shop", "b": ["shop-1", "a shop-1, and a shop"], "c": 1 }),
            &texts(["shop", "shop-1"]),
        );
        assert_eq!(
            mould.fill(&texts(["bar", "x"])),
            json!({ "a": "bar", "b": ["x", "a x, and a bar"], "c": 1 })
        );
    }
}
