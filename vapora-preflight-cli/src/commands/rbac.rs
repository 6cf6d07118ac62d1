//! `rbac`

use vapora_preflight::TargetOutline;
use vapora_preflight_k8s::{Role, Subject, roles};

use crate::{
    args::RbacArgs,
    exit::{self, Ended, Stop},
    setup::{self, Purpose},
    terminal::{Terminal, clean, clean_lines},
};

/// Prints the roles that the checks of each target need, as manifests.
pub(crate) fn rbac(args: &RbacArgs, terminal: &Terminal) -> Ended {
    let opened =
        setup::open(args.checklist.checklist.as_deref(), &args.checklist.set, Purpose::Record, terminal)?;
    let outline = opened.plan.outline();
    if let Some(unknown) =
        args.targets.iter().find(|name| outline.targets.iter().all(|it| it.name.as_str() != **name))
    {
        let known: Vec<String> = outline.targets.iter().map(|target| format!("`{}`", target.name)).collect();
        return Err(Stop::usage(format!("unknown target `{unknown}`"))
            .remedy(format!("the checklist has {}", known.join(", "))));
    }
    let subject = subject(args);
    let mut documents: Vec<String> = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for target in &outline.targets {
        let name = target.name.as_str();
        if !args.targets.is_empty() && !args.targets.iter().any(|wanted| wanted == name) {
            continue;
        }
        let mut roles = roles(&opened.plan, name);
        if args.required_only {
            roles = roles.into_iter().filter_map(required).collect();
        }
        if roles.is_empty() {
            without.push(name);
        }
        for (number, role) in roles.iter().enumerate() {
            let head = if number == 0 { head(target) } else { String::new() };
            documents.push(format!("{head}{}", role.to_yaml(&args.name, subject.as_ref())));
        }
    }
    for name in without {
        terminal.say(&format!("note: the checks of the target `{}` need no rights", clean(name)));
    }
    if documents.is_empty() {
        return Err(Stop::usage("no check of the checklist needs a right on a Kubernetes cluster")
            .remedy("name a checklist with checks of the kinds `k8s.…`"));
    }
    terminal.print(clean_lines(&documents.join("---\n")).trim_end());
    Ok(exit::GO)
}

/// A role without its optional rules; none where nothing is left of it.
fn required(mut role: Role) -> Option<Role> {
    role.rules.retain(|rule| !rule.optional);
    (!role.rules.is_empty()).then_some(role)
}

fn subject(args: &RbacArgs) -> Option<Subject> {
    let account = args.service_account.clone();
    let account = account.map(|(namespace, name)| Subject::ServiceAccount { namespace, name });
    account
        .or_else(|| args.user.clone().map(Subject::User))
        .or_else(|| args.user_group.clone().map(Subject::Group))
}

/// Which cluster the roles are for.
fn head(target: &TargetOutline) -> String {
    let context = target.settings.iter().find(|(setting, _)| setting.ends_with("context"));
    let context = context.map_or_else(String::new, |(_, context)| format!(", context `{}`", clean(context)));
    format!("# target `{}`{context}\n", clean(target.name.as_str()))
}
