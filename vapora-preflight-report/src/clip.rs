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

/// A text for one line of a list whose details tell the whole of it: cut between words, where it is too long.
pub(crate) fn short(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let head = &text[..end];
    let cut = head.rfind(' ').filter(|space| *space > end / 2).unwrap_or(end);
    format!("{} …", head[..cut].trim_end_matches([' ', ',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_told() {
        assert_eq!(clip("ééé", 3), "ééé");
        assert_eq!(clip("abcdef", 4), "abcd … (and 2 more characters)");
    }

    #[test]
    fn a_short_text_ends_between_words() {
        assert_eq!(short("ééé bbb", 7), "ééé bbb");
        assert_eq!(short("ééé bbb, cc", 9), "ééé bbb …");
        assert_eq!(short("éééééééé", 3), "ééé …");
    }
}
