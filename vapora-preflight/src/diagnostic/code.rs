//! The kinds of mistakes a checklist can have.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident => $text:literal,)*) => {
        /// What kind of mistake a [`Diagnostic`](super::Diagnostic) tells. The text of a code does not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as text, in kebab-case.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// What it means.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// The text is not TOML.
    Syntax => "syntax",
    /// The checklist is written in a format that this version cannot read.
    UnknownFormat => "unknown-format",
    /// A key has no meaning where it stands.
    UnknownKey => "unknown-key",
    /// Something that has to be there is missing.
    MissingKey => "missing-key",
    /// A value is of the wrong type, or outside what is allowed.
    InvalidValue => "invalid-value",
    /// A name does not follow its grammar.
    InvalidName => "invalid-name",
    /// No registered kind has that name.
    UnknownKind => "unknown-kind",
    /// A check lacks a parameter that its kind needs.
    MissingParameter => "missing-parameter",
    /// A parameter of a check is wrong.
    InvalidParameter => "invalid-parameter",
    /// Two checks or gates have the same name.
    DuplicateId => "duplicate-id",
    /// A check needs something that is not declared.
    UnknownNeed => "unknown-need",
    /// Checks need one another in a circle.
    DependencyCycle => "dependency-cycle",
    /// A check needs something of a later phase.
    NeedsLaterPhase => "needs-later-phase",
    /// A check, gate or file names a phase that is not declared.
    UnknownPhase => "unknown-phase",
    /// A check belongs to no phase.
    MissingPhase => "missing-phase",
    /// A check names a target that is not declared.
    UnknownTarget => "unknown-target",
    /// A check has no target, and its kind needs one.
    MissingTarget => "missing-target",
    /// A check names a group that is not declared, so its checks run one at a time.
    UnknownGroup => "unknown-group",
    /// A role is named that is not declared.
    UnknownRole => "unknown-role",
    /// A document is named that is not declared.
    UnknownDocument => "unknown-document",
    /// A template or an expression names something that does not exist.
    UnknownVariable => "unknown-variable",
    /// A variable that each release has of its own is not given, and its example stands for it.
    VariableNotGiven => "variable-not-given",
    /// A template cannot be read, or fails.
    InvalidTemplate => "invalid-template",
    /// An expression cannot be read, or fails.
    InvalidExpression => "invalid-expression",
    /// A checklist without checks decides nothing.
    EmptyChecklist => "empty-checklist",
    /// A phase without checks decides nothing.
    EmptyPhase => "empty-phase",
    /// An empty list asks for nothing.
    EmptyList => "empty-list",
    /// A gate judges nothing.
    EmptyGate => "empty-gate",
    /// A limit can never be met, or never trigger.
    UnsatisfiableLimit => "unsatisfiable-limit",
    /// A date does not say in which zone it is.
    DateWithoutZone => "date-without-zone",
    /// A window closes before it opens.
    WindowInverted => "window-inverted",
    /// A window is given around T, and T is not known.
    UnknownTime => "unknown-time",
    /// A check would change a target that is protected.
    ProtectedTarget => "protected-target",
    /// A check is compared with one that cannot serve as its baseline.
    InvalidBaseline => "invalid-baseline",
    /// A file of the checklist cannot be read.
    UnreadableFile => "unreadable-file",
    /// Files include one another in a circle.
    IncludeCycle => "include-cycle",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_in_kebab_case_and_described() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code}");
            assert!(code.description().ends_with('.'), "{code}");
        }
    }
}
