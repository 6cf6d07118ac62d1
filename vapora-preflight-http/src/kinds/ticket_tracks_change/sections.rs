//! The sections of a text in Markdown.

/// A heading, and whether something stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    heading: Vec<String>,
    depth: usize,
    text: String,
}

/// What people and templates leave where nothing is written yet.
const NOTHING: &[&str] = &["_no response_", "no response", "todo", "tbd", "tba", "fixme", "n/a", "xxx"];
/// The depth of a line in bold, below that of every heading.
const BOLD: usize = 7;

impl Section {
    /// Whether its heading has that name in it, word by word.
    pub(super) fn is_of(&self, name: &str) -> bool {
        let name = words(name);
        !name.is_empty() && self.heading.windows(name.len()).any(|part| part == name)
    }

    /// Whether something stands under it.
    pub(super) fn is_written(&self) -> bool {
        let text =
            self.text.trim().trim_start_matches(['-', '*', '.', ' ']).trim_end_matches(['.', ':', '!', ' ']);
        let lower = text.to_lowercase();
        text.chars().any(char::is_alphanumeric) && !NOTHING.contains(&lower.as_str())
    }
}

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The sections, in order. What stands under a deeper heading stands under those above it, too.
pub(super) fn of(text: &str) -> Vec<Section> {
    let text = without_comments(text);
    let mut sections: Vec<Section> = Vec::new();
    let mut fence: Option<&str> = None;
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let under = lines.get(at + 1).copied().unwrap_or_default();
        at += 1;
        let marker = ["```", "~~~"].into_iter().find(|marker| line.trim_start().starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (None, None) => {
                let underlined = setext(line, under);
                if let Some((depth, heading)) = underlined.or_else(|| heading(line)) {
                    at += usize::from(underlined.is_some());
                    sections.push(Section { heading: words(heading), depth, text: String::new() });
                    continue;
                }
            }
            _ => {}
        }
        // a fence alone says nothing
        if marker.is_some() {
            continue;
        }
        let mut shallowest = usize::MAX;
        for section in sections.iter_mut().rev() {
            if section.depth < shallowest {
                shallowest = section.depth;
                section.text.push_str(line);
                section.text.push('\n');
            }
        }
    }
    sections
}

/// A heading by `#`, or a line that is bold from its begin to its end.
fn heading(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let depth = line.chars().take_while(|c| *c == '#').count();
    let rest = &line[depth..];
    if (1..=6).contains(&depth) && (rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return Some((depth, rest.trim()));
    }
    let line = line.trim_end_matches(':');
    for mark in ["**", "__"] {
        if let Some(bold) = line.strip_prefix(mark).and_then(|line| line.strip_suffix(mark))
            && !bold.is_empty()
            && !bold.contains(mark)
        {
            return Some((BOLD, bold));
        }
    }
    None
}

/// A heading that is underlined.
fn setext<'t>(line: &'t str, under: &str) -> Option<(usize, &'t str)> {
    let under = under.trim();
    let of = |c: char| !under.is_empty() && under.chars().all(|it| it == c);
    let depth = if of('=') {
        1
    } else if of('-') && under.len() > 1 {
        2
    } else {
        return None;
    };
    (!line.trim().is_empty() && heading(line).is_none()).then_some((depth, line.trim()))
}

/// The text without comments, of which templates have many.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        let Some((_, after)) = after.split_once("-->") else { return kept };
        rest = after;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, name: &str) -> Option<bool> {
        let sections = of(text);
        let found: Vec<&Section> = sections.iter().filter(|it| it.is_of(name)).collect();
        (!found.is_empty()).then(|| found.iter().any(|it| it.is_written()))
    }

    #[test]
    fn headings_of_every_form_are_found() {
        for text in [
            "# Rollback\nundo it",
            "intro\n\n### The ROLLBACK plan ###\n\nundo it",
            "Rollback plan\n-------------\nundo it",
            "Rollback\n===\nundo it",
            "**Rollback:**\nundo it",
            "__Rollback__:\r\nundo it\r\n",
            "## Rollback\n### Steps\nundo it",
            "## Rollback\n```sh\nkubectl rollout undo\n```",
            "## Rollback\n- undo it\n## Why\n",
        ] {
            assert_eq!(written(text, "rollback"), Some(true), "{text}");
        }
        assert_eq!(written("## Success criteria\nno errors", "success"), Some(true));
        assert_eq!(written("## Rollback plan\nundo", "rollback plan"), Some(true));
    }

    #[test]
    fn what_is_no_heading_is_none() {
        for text in [
            "",
            "rollback: undo it",
            "#rollback\nundo it",
            "## Rollbacks\nundo it",
            "```\n# rollback\nundo it\n```",
            "**Rollback** is undoing it",
            "<!-- ## Rollback\nundo it -->",
            "<!-- ## Rollback\nundo it",
            "####### Rollback\nundo it",
        ] {
            assert_eq!(written(text, "rollback"), None, "{text}");
        }
    }

    #[test]
    fn nothing_under_a_heading_is_nothing() {
        for text in [
            "## Rollback",
            "## Rollback\n\n \n## Why\nbecause",
            "## Rollback\n<!-- say how -->\n",
            "## Rollback\n_No response_\n",
            "## Rollback\nTODO\n",
            "## Rollback\n- tbd.\n",
            "## Rollback\n---\n...\n",
            "## Rollback\n```\n```\n",
            "### Rollback\n## Why\nbecause",
        ] {
            assert_eq!(written(text, "rollback"), Some(false), "{text}");
        }
    }
}
