//! `kinds`, `explain` and `schema`

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    args::{ExplainArgs, KindsArgs},
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Lists the kinds of checks.
pub(crate) fn kinds(args: &KindsArgs, terminal: &Terminal) -> Ended {
    let registry = setup::registry();
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder).map_err(|error| Stop::io("make", folder, &error))?;
        for (name, page) in registry.reference() {
            let path = folder.join(name);
            std::fs::write(&path, page).map_err(|error| Stop::io("write", &path, &error))?;
        }
        return Ok(exit::GO);
    }
    if args.json {
        let all: Vec<serde_json::Value> = registry
            .kinds()
            .map(|kind| {
                json!({
                    "name": kind.name,
                    "summary": kind.summary(),
                    "effect": kind.effect,
                    "evidence": kind.evidence.iter().map(|it| json!({ "name": it.name, "about": it.about })).collect::<Vec<_>>(),
                    "schema": kind.schema,
                })
            })
            .collect();
        terminal.print(&serde_json::to_string_pretty(&all)?);
        return Ok(exit::GO);
    }
    let width = registry.kinds().map(|kind| kind.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for kind in registry.kinds() {
        let _ = writeln!(text, "{:<width$}  {}", kind.name, kind.summary());
    }
    text.push_str("\n`explain KIND` shows the parameters of one of them.\n");
    terminal.print(&text);
    Ok(exit::GO)
}

/// Shows the reference page of a kind.
pub(crate) fn explain(args: &ExplainArgs, terminal: &Terminal) -> Ended {
    let registry = setup::registry();
    let Some(kind) = registry.kind(&args.kind) else {
        let help = registry
            .nearest(&args.kind)
            .map_or_else(|| "`kinds` lists them all".to_owned(), |meant| format!("did you mean `{meant}`?"));
        return Err(Stop::usage(format!("unknown kind `{}`", args.kind)).remedy(help));
    };
    terminal.print(&kind.reference());
    Ok(exit::GO)
}

/// Prints the JSON Schema of a checklist.
pub(crate) fn schema(terminal: &Terminal) -> Ended {
    terminal.print(&serde_json::to_string_pretty(&setup::registry().schema())?);
    Ok(exit::GO)
}
