//! What a terminal or a browser would act upon or hide, made visible.

use std::fmt::Write as _;

/// The text on one line, with every control character and every character that hides or reorders others made visible.
pub(crate) fn visible(text: &str) -> String {
    shown(text, false)
}

/// The same for a block of text: its line ends and tabs are kept.
pub(crate) fn visible_block(text: &str) -> String {
    shown(&text.replace("\r\n", "\n"), true)
}

fn shown(text: &str, block: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' if block => out.push(c),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\x7f' => out.push('\u{2421}'),
            c if hides(c) => {
                write!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c)).expect("writing to a text cannot fail");
            }
            c => out.push(c),
        }
    }
    out
}

/// Controls beyond ASCII, line separators, marks and overrides of direction, and characters without width that say
/// nothing. The joiners that scripts and emoji need are left alone.
fn hides(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escape_sequence_and_an_override_are_shown() {
        assert_eq!(visible("\x1b[2Ja\u{202e}b\r\nc\u{9b}"), "␛[2Ja⟨U+202E⟩b␍␊c⟨U+009B⟩");
        assert_eq!(visible_block("a\r\n\tb\rc"), "a\n\tb␍c");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["café ✔ 日本語", "👩\u{200d}🚀", "a  b"] {
            assert_eq!(visible(text), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_control_character_is_left(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            prop_assert_eq!(visible(&shown), shown);
        }
    }
}
