//! Texts that are sent to people.

use vapora_preflight::{CheckContext, Finding, Outcome, Problems, placeholder_in};

/// What a check says: a document of the checklist, or a text of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'p> {
    pub(crate) document: Option<&'p str>,
    pub(crate) text: Option<&'p str>,
}

impl Message<'_> {
    /// The text, without white space around it; empty where there is none.
    pub(crate) fn written(self, cx: &CheckContext) -> String {
        let of_document = || cx.outline().document(self.document?);
        self.text.map(str::to_owned).or_else(of_document).unwrap_or_default().trim().to_owned()
    }

    /// What it is called in messages about it.
    pub(crate) fn name(self) -> String {
        match self.document {
            Some(document) => format!("`{document}`"),
            None => "the text".to_owned(),
        }
    }

    /// What keeps a text from being sent: that there is none, or that it is not finished. `finding` makes the finding
    /// of a summary.
    pub(crate) fn unfinished(self, text: &str, finding: impl FnOnce(String) -> Finding) -> Option<Outcome> {
        let name = self.name();
        let finding = if text.is_empty() {
            finding(format!("{name} is empty, and is not posted")).expected("a text").actual("none")
        } else {
            let left = placeholder_in(text)?;
            finding(format!("{name} still holds a placeholder, and is not posted"))
                .expected("a finished text")
                .actual(left)
        };
        Some(Outcome::Fail(finding.remedy("write it before it is sent")))
    }

    /// Reports what is wrong with the parameters.
    pub(crate) fn validate(self, problems: &mut Problems) {
        match (self.document, self.text) {
            (Some(_), Some(_)) => {
                problems.whole("there is both a `document` and a `text`", "keep one of them");
            }
            (None, None) => {
                let help = "name a `document` such as `message.start`, or give a `text`";
                problems.whole("there is nothing to send", help);
            }
            (None, Some(text)) if text.trim().is_empty() => {
                problems.at("text", "the text is empty", "write one");
            }
            _ => {}
        }
    }
}
