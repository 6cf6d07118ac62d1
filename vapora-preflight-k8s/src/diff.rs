//! What differs between two texts, line by line.

/// How many lines around a change are shown.
const CONTEXT: usize = 2;
/// How many steps are gone to find the shortest difference; after them, all that lies between is one change.
const MOST_STEPS: usize = 1_000;

/// What differs between two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diff<'a> {
    lines: Vec<Line<'a>>,
}

/// A line of one of the texts or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

impl<'a> Diff<'a> {
    /// What has to be done to the first text to come to the second one.
    pub(crate) fn of(old: &'a str, new: &'a str) -> Self {
        let (old, new) = (split(old), split(new));
        let begin = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let most = old.len().min(new.len()) - begin;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        let mut lines: Vec<Line<'_>> = old[..begin].iter().map(|line| Line::Same(line)).collect();
        lines.extend(shortest(&old[begin..old.len() - end], &new[begin..new.len() - end]));
        lines.extend(old[old.len() - end..].iter().map(|line| Line::Same(line)));
        Self { lines }
    }

    /// How many lines of the first text are gone, and how many of the second are new.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let count = |wanted: fn(&Line<'_>) -> bool| self.lines.iter().filter(|line| wanted(line)).count();
        (count(|line| matches!(line, Line::Gone(_))), count(|line| matches!(line, Line::New(_))))
    }

    /// The number of the first line that differs, from one.
    pub(crate) fn first(&self) -> Option<usize> {
        self.lines.iter().position(|line| !matches!(line, Line::Same(_))).map(|place| place + 1)
    }

    /// The changes with the lines around them, as `diff -u` writes them; no more than so many lines, each no longer than so
    /// many characters.
    pub(crate) fn unified(&self, most: usize, longest: usize) -> Vec<String> {
        let mut shown = vec![false; self.lines.len()];
        for (place, _) in self.lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))) {
            let (from, to) = (place.saturating_sub(CONTEXT), (place + CONTEXT + 1).min(shown.len()));
            shown[from..to].fill(true);
        }
        let mut all = Vec::new();
        let (mut old, mut new) = (1, 1);
        let mut inside = false;
        for (place, line) in self.lines.iter().enumerate() {
            if shown[place] && !inside {
                all.push(format!("@@ -{old} +{new} @@"));
            }
            inside = shown[place];
            if inside {
                all.push(written(*line, longest));
            }
            old += usize::from(!matches!(line, Line::New(_)));
            new += usize::from(!matches!(line, Line::Gone(_)));
        }
        if all.len() > most {
            let rest = all.len() - most;
            all.truncate(most);
            all.push(format!("… and {rest} more lines"));
        }
        all
    }
}

/// The lines of a text with their ends, so that a missing last one is a difference.
fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn written(line: Line<'_>, longest: usize) -> String {
    let (sign, text) = match line {
        Line::Same(text) => (' ', text),
        Line::Gone(text) => ('-', text),
        Line::New(text) => ('+', text),
    };
    let ended = text.strip_suffix('\n');
    let text = ended.unwrap_or(text).replace(char::is_control, " ");
    let text = match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    format!("{sign}{text}{}", if ended.is_some() { "" } else { " (no newline at the end)" })
}

/// The shortest way from one list of lines to another, after Myers; a way that would be too long is cut short.
fn shortest<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let gone = || old.iter().map(|line| Line::Gone(line));
    let wholly = || gone().chain(new.iter().map(|line| Line::New(line))).collect();
    if old.is_empty() || new.is_empty() {
        return wholly();
    }
    let most = (old.len() + new.len()).min(MOST_STEPS);
    let middle = most as isize + 1;
    let at = |diagonal: isize| (middle + diagonal) as usize;
    let mut furthest = vec![0_usize; 2 * most + 3];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for steps in 0..=most as isize {
        // Only the diagonals that can be reached by now are kept.
        trace.push(furthest[at(-steps - 1)..=at(steps + 1)].to_vec());
        for diagonal in (-steps..=steps).step_by(2) {
            let down = diagonal == -steps
                || (diagonal != steps && furthest[at(diagonal - 1)] < furthest[at(diagonal + 1)]);
            let mut x = if down { furthest[at(diagonal + 1)] } else { furthest[at(diagonal - 1)] + 1 };
            let Some(mut y) = x.checked_add_signed(-diagonal) else { continue };
            while x < old.len() && y < new.len() && old[x] == new[y] {
                x += 1;
                y += 1;
            }
            furthest[at(diagonal)] = x;
            if x >= old.len() && y >= new.len() {
                return walk(&trace, old, new);
            }
        }
    }
    wholly()
}

/// Goes the way back that was found.
fn walk<'a>(trace: &[Vec<usize>], old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let (mut x, mut y) = (old.len(), new.len());
    for (steps, furthest) in trace.iter().enumerate().rev() {
        let steps = steps as isize;
        let at = |diagonal: isize| (steps + 1 + diagonal) as usize;
        let diagonal = x as isize - y as isize;
        let down = diagonal == -steps
            || (diagonal != steps && furthest[at(diagonal - 1)] < furthest[at(diagonal + 1)]);
        let before = if down { diagonal + 1 } else { diagonal - 1 };
        let (from_x, from_y) = if steps == 0 {
            (0, 0)
        } else {
            let from = furthest[at(before)];
            (from, (from as isize - before) as usize)
        };
        while x > from_x && y > from_y {
            x -= 1;
            y -= 1;
            lines.push(Line::Same(old[x]));
        }
        if steps > 0 {
            if down {
                y -= 1;
                lines.push(Line::New(new[y]));
            } else {
                x -= 1;
                lines.push(Line::Gone(old[x]));
            }
        }
    }
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unified(old: &str, new: &str) -> String {
        Diff::of(old, new).unified(100, 40).join("\n")
    }

    #[test]
    fn the_lines_around_a_change_are_shown() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\ni\nj\nl\nm\n";
        assert_eq!(unified(old, new), "@@ -2 +2 @@\n b\n c\n-d\n+D\n e\n f\n@@ -9 +9 @@\n i\n j\n-k\n l\n+m");
        let diff = Diff::of(old, new);
        assert_eq!((diff.counts(), diff.first()), ((2, 2), Some(4)));
        assert_eq!(diff.unified(3, 40), ["@@ -2 +2 @@", " b", " c", "… and 10 more lines"]);
        assert_eq!((Diff::of(old, old).counts(), Diff::of(old, old).first()), ((0, 0), None));
    }

    #[test]
    fn the_end_of_the_last_line_counts() {
        assert_eq!(unified("a\n", "a"), "@@ -1 +1 @@\n-a\n+a (no newline at the end)");
        assert_eq!(unified("", "a\n"), "@@ -1 +1 @@\n+a");
        assert_eq!(unified("a\n", ""), "@@ -1 +1 @@\n-a");
        assert_eq!(
            unified("a\u{1b}[1m\n", &"b".repeat(50)),
            format!("@@ -1 +1 @@\n-a [1m\n+{}… (no newline at the end)", "b".repeat(40))
        );
    }

    #[test]
    fn whatever_differs_one_text_leads_to_the_other() {
        // A small generator, so that the same texts come every time.
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..500 {
            let mut text = || -> String {
                let lines = next(12);
                (0..lines).flat_map(|_| [next(4).to_string(), "\n".to_owned()]).collect()
            };
            let (old, new) = (text(), text());
            let diff = Diff::of(&old, &new);
            let side = |skip: fn(&Line<'_>) -> bool| -> String {
                let texts = diff.lines.iter().filter(|line| !skip(line)).map(|line| match line {
                    Line::Same(text) | Line::Gone(text) | Line::New(text) => *text,
                });
                texts.collect()
            };
            assert_eq!(side(|line| matches!(line, Line::New(_))), old);
            assert_eq!(side(|line| matches!(line, Line::Gone(_))), new);
        }
    }

    #[test]
    fn texts_that_have_nothing_in_common_do_not_take_forever() {
        let text = |from: usize| -> String {
            (from..from + 20_000).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect()
        };
        let (old, new) = (text(0), text(50_000));
        assert_eq!(Diff::of(&old, &new).counts(), (20_000, 20_000));
    }
}
