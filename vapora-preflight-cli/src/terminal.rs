//! Where the program writes to, and whether in colours.

use std::{
    fmt::Write as _,
    io::{ErrorKind, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use anstream::ColorChoice;

use crate::args::Color;

/// Where the program writes to.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    color: Color,
    pub(crate) quiet: bool,
}

impl Terminal {
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    fn choice(&self, stream: &dyn IsTerminalStream) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => stream.terminal() && environment_allows(),
        }
    }

    /// Whether standard output is in colours.
    pub(crate) fn colors(&self) -> bool {
        self.choice(&std::io::stdout())
    }

    /// Whether standard error is in colours.
    pub(crate) fn colors_errors(&self) -> bool {
        self.choice(&std::io::stderr())
    }

    /// Whether a person watches standard error, so that progress may move on it.
    pub(crate) fn is_watched(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Writes a text to standard output. A reader that has gone away is no error; one that could not take it is told by
    /// [`is_output_lost`].
    pub(crate) fn print(&self, text: &str) {
        let choice = if self.colors() { ColorChoice::AlwaysAnsi } else { ColorChoice::Never };
        let mut out = anstream::AutoStream::new(std::io::stdout(), choice);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = write!(out, "{text}{end}").and_then(|()| out.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
            && !LOST.swap(true, Ordering::Relaxed)
        {
            self.error(&format!("error: could not write to standard output: {error}"));
        }
    }

    /// Writes a text to standard error.
    pub(crate) fn error(&self, text: &str) {
        let choice = if self.colors_errors() { ColorChoice::AlwaysAnsi } else { ColorChoice::Never };
        let mut out = anstream::AutoStream::new(std::io::stderr(), choice);
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
    }

    /// Writes a text to standard error, unless the program is to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }
}

/// How many columns standard output has; nothing where it is no terminal.
pub(crate) fn columns() -> Option<usize> {
    let columns = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?.ws_col;
    (columns > 0).then_some(usize::from(columns))
}

/// Whether something could not be written to standard output.
static LOST: AtomicBool = AtomicBool::new(false);

/// Whether something that was to be read on standard output is lost.
pub(crate) fn is_output_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// One line of a text that comes from elsewhere, without what would move the cursor or turn the reading direction.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}

/// The same for a text of several lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && moves(c) { ' ' } else { c }).collect()
}

/// The same for a text of JSON, which says them with escapes: only its strings can hold them.
pub(crate) fn clean_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        if c != '\n' && moves(c) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
        text
    })
}

fn moves(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1 check`, `2 checks`.
pub(crate) fn many(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

trait IsTerminalStream {
    fn terminal(&self) -> bool;
}
impl IsTerminalStream for std::io::Stdout {
    fn terminal(&self) -> bool {
        self.is_terminal()
    }
}
impl IsTerminalStream for std::io::Stderr {
    fn terminal(&self) -> bool {
        self.is_terminal()
    }
}

/// Whether the environment leaves colours on: `NO_COLOR` and a dumb terminal turn them off.
#[expect(clippy::disallowed_methods, reason = "the program is the caller that knows the environment")]
fn environment_allows() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !no_color && !dumb
}
