//! Long texts, cut for reading.

/// The first characters of a text; what is cut off is told. Programs find the whole of it in the JSON report.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let head: String = text.chars().take(limit).collect();
    format!("{} … (and {} more characters)", head.trim_end(), length - limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_told() {
        assert_eq!(clip("ééé", 3), "ééé");
        assert_eq!(clip("abcdef", 4), "abcd … (and 2 more characters)");
    }
}
