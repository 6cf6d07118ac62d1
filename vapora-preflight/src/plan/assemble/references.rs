//! Targets, people and documents that checks name.

use std::collections::HashSet;

use super::{Assembly, Told};
use crate::{Code, Diagnostic, Effect, Span, diagnostic::nearest, plan::draft::Text};

impl Assembly<'_> {
    pub(super) fn check_targets(&self, out: &mut Vec<Diagnostic>) {
        let mut told: HashSet<(Option<Span>, Code)> = HashSet::new();
        for check in &self.draft.checks {
            let id = check.id.base();
            let Some((name, span)) = &check.target else {
                if let Some(family) = check.requirements.target
                    && told.insert((check.span, Code::MissingTarget))
                {
                    out.push(
                        Diagnostic::error(
                            Code::MissingTarget,
                            format!("`{id}` has no target, and `{}` asks one", check.kind),
                            check.span,
                        )
                        .help(format!("give it a `target` that has settings of `{family}`")),
                    );
                }
                continue;
            };
            let broken = self.draft.broken.targets.contains(name.as_str());
            let Some(target) = self.draft.targets.get(name) else {
                if !broken && told.insert((*span, Code::UnknownTarget)) {
                    let help = match nearest(
                        name.as_str(),
                        self.draft.targets.keys().map(crate::TargetName::as_str),
                    ) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => match check.requirements.target {
                            Some(family) => format!("declare it, as in `[target.{name}.{family}]`"),
                            None => format!("declare it, as in `[target.{name}]`"),
                        },
                    };
                    out.push(
                        Diagnostic::error(Code::UnknownTarget, format!("unknown target `{name}`"), *span)
                            .help(help),
                    );
                }
                continue;
            };
            if let Some(family) =
                check.requirements.target.filter(|family| !target.families.contains_key(*family))
                && !broken
                && told.insert((*span, Code::MissingTarget))
            {
                out.push(
                    Diagnostic::error(
                        Code::MissingTarget,
                        format!(
                            "the target `{name}` has no settings of `{family}`, which `{}` asks",
                            check.kind
                        ),
                        *span,
                    )
                    .help(format!("declare them, as in `[target.{name}.{family}]`")),
                );
            }
            if target.protected
                && check.effect >= Effect::Mutates
                && told.insert((*span, Code::ProtectedTarget))
            {
                out.push(
                    Diagnostic::error(
                        Code::ProtectedTarget,
                        format!("`{id}` would change `{name}`, which is protected"),
                        *span,
                    )
                    .help("point it at a target that may be changed; nothing overrides this"),
                );
            }
        }
    }

    /// An undeclared group lets one check run at a time, which is safe, and may be a misspelling.
    pub(super) fn check_groups(&self, out: &mut Vec<Diagnostic>) {
        let mut told: HashSet<(Option<Span>, &str)> = HashSet::new();
        for check in &self.draft.checks {
            let Some(group) = &check.group else { continue };
            let known = self.draft.groups.contains_key(&group.text);
            if known || !told.insert((group.span, &group.text)) {
                continue;
            }
            let message =
                format!("the group `{}` is not declared, so its checks run one at a time", group.text);
            let help = match self.suggest(&group.text, self.draft.groups.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("declare it, as in `[group.{}]` with `width = 1`", group.text),
            };
            out.push(Diagnostic::warning(Code::UnknownGroup, message, group.span).help(help));
        }
    }

    pub(super) fn check_people_and_documents(&self, out: &mut Vec<Diagnostic>) {
        let draft = self.draft;
        let roles: HashSet<&str> = draft.roles.iter().map(|role| role.id.as_str()).collect();
        let documents: HashSet<String> = draft
            .messages
            .iter()
            .map(|message| format!("message.{}", message.id))
            .chain(draft.commands.iter().map(|commands| format!("commands.{}", commands.id)))
            .collect();
        let mut told = Told::default();
        for check in &draft.checks {
            let id = check.id.base();
            let place = |name: &String| {
                let at = check.texts.iter().find(|text| text.text == *name).and_then(|text| text.span);
                Text { text: name.clone(), span: at.or(check.span) }
            };
            for role in check.requirements.roles.iter().chain(&check.requirements.role) {
                let at = place(role);
                if roles.contains(role.as_str())
                    || draft.broken.roles.contains(role)
                    || !told.first(Code::UnknownRole, &at)
                {
                    continue;
                }
                let help = match self.suggest(role, roles.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it, as in `[roles.{role}]`"),
                };
                let message = format!("`{id}` names the role `{role}`, which is not declared");
                out.push(Diagnostic::error(Code::UnknownRole, message, at.span).help(help));
            }
            for document in &check.requirements.documents {
                let at = place(document);
                // a section of the change record that is not written yet is a finding of the run
                if !(document.starts_with("message.") || document.starts_with("commands."))
                    || documents.contains(document)
                    || draft.broken.documents.contains(document)
                    || !told.first(Code::UnknownDocument, &at)
                {
                    continue;
                }
                let help = match self.suggest(document, documents.iter().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it, as in `[{document}]`"),
                };
                let message = format!("`{id}` names the document `{document}`, which is not declared");
                out.push(Diagnostic::error(Code::UnknownDocument, message, at.span).help(help));
            }
        }
    }
}
