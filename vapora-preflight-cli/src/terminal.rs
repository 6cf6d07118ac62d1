//! Where the program writes to, and whether in colours.

use std::io::{IsTerminal, Write};

use anstream::ColorChoice;

use crate::args::Color;

/// Where the program writes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    color: Color,
    pub(crate) quiet: bool,
}

impl Terminal {
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    fn choice(self, stream: &dyn IsTerminalStream) -> bool {
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

    /// Writes a text to standard output. A reader that has gone away is no error.
    pub(crate) fn print(&self, text: &str) {
        let choice = if self.colors() { ColorChoice::AlwaysAnsi } else { ColorChoice::Never };
        let mut out = anstream::AutoStream::new(std::io::stdout(), choice);
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
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
