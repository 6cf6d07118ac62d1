//! Command lines and output as people read them.

/// The words of a line, with those in quotation marks kept together. Good enough for a proposal.
pub(super) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

const LINES: usize = 5;
const LONGEST_LINE: usize = 200;

/// The last lines that say something, each cut where it is long.
pub(super) fn last_lines(text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(LINES)
        .map(|line| match line.char_indices().nth(LONGEST_LINE) {
            Some((at, _)) => format!("{}…", &line[..at]),
            None => line.to_owned(),
        })
        .collect();
    lines.reverse();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_into_words() {
        assert_eq!(split(r#"  sh -c 'a  b' "" x"y z" "#), ["sh", "-c", "a  b", "", "xy z"]);
        assert_eq!(split("it's open"), ["its open"]);
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n \n"), "2\n3\n4\n5\n6");
        assert_eq!(last_lines(&"é".repeat(300)), format!("{}…", "é".repeat(200)));
        assert_eq!(last_lines(""), "");
    }
}
