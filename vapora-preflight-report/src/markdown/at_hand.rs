//! What to have at hand: the change record, commands, prepared messages.

use std::fmt;

use vapora_preflight::{Report, Section};

use super::escape::{code, fenced, text};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let outline = report.outline();
    sections(out, "Change record", &outline.change)?;
    if !outline.commands.is_empty() {
        writeln!(out, "## Commands at hand\n")?;
    }
    for commands in &outline.commands {
        let target = match &commands.target {
            Some(target) => format!(", on {}", code(target.as_str())),
            None => String::new(),
        };
        writeln!(out, "### {} ({}{target})\n", text(&commands.title), code(&commands.id))?;
        fenced(out, "sh", &commands.lines.join("\n"))?;
    }
    sections(out, "Prepared messages", &outline.messages)
}

fn sections(out: &mut dyn fmt::Write, title: &str, sections: &[Section]) -> fmt::Result {
    if sections.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {title}\n")?;
    for section in sections {
        writeln!(out, "### {} ({})\n", text(&section.title), code(&section.id))?;
        fenced(out, "text", &section.text)?;
    }
    Ok(())
}
