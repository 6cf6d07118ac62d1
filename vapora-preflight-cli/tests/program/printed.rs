use crate::desk::{Desk, checklist, settings, sh};

const SMALL: &str = r#"
checklist  = "small"
title      = "A small release"
deployment = { release = "r1", planned = 2999-12-01T14:00:00Z }
[roles]
lead = { title = "The lead", person = "Ada" }
[change]
what = "the images of release 2"
[vars]
teams = ["support", "product"]
[phase.before]
title  = "Before, with \"quotes\" and <angles>"
window = { opens = "T-4h", due = "T" }
[phase.after]
title  = "After"
[check.written]
phase    = "before"
kind     = "plan.documented"
title    = "It is written what changes"
document = "what"
[check.notified]
phase     = "before"
kind      = "manual.attested"
title     = "The team {{ each.team }} knows"
for_each  = { team = "vars.teams" }
role      = "lead"
statement = "they answered"
needs     = ["written"]
fresh_for = "1d"
[check.healthy]
phase    = "after"
kind     = "host.command_succeeds"
title    = "It is healthy"
argv     = ["true"]
severity = "advisory"
until    = { interval = "1s", timeout = "1m" }
[gate.go-no-go]
title    = "Proceed?"
phase    = "before"
requires = ["before"]
"#;

#[test]
fn a_plan_is_shown_as_text_json_and_mermaid() {
    let desk = Desk::new(SMALL);
    for format in ["text", "json", "mermaid"] {
        let said = desk.run(&["plan", "--format", format]).with(0);
        assert_eq!(said.err, "");
        settings().bind(|| insta::assert_snapshot!(format!("plan-{format}"), said.out));
    }
}

#[test]
fn a_run_tells_what_goes_on_apart_from_what_it_came_to() {
    let desk = Desk::new(SMALL);
    let said = desk.run(&["run", "--ignore-windows"]).with(3);
    settings().bind(|| insta::assert_snapshot!("run", said.out));
    assert!(said.err.contains("passed         written: "), "{}", said.err);
    let quiet = desk.run(&["run", "--ignore-windows", "--quiet"]).with(3);
    assert_eq!(quiet.err, "");
    assert!(!quiet.out.contains("✔ written"), "{}", quiet.out);
}

#[test]
fn a_quiet_run_that_is_fine_says_nothing() {
    let desk = Desk::new(&checklist(&[("one", "kind = \"plan.documented\"\ndocument = \"what\"")]));
    assert_eq!(desk.run(&["run", "--quiet"]).with(0).all(), "");
    assert_eq!(desk.run(&["lint", "-q"]).with(0).all(), "");
}

#[test]
fn the_planned_time_is_missed_by_a_plan_and_not_by_lint() {
    let desk = Desk::new(&SMALL.replace(", planned = 2999-12-01T14:00:00Z", ""));
    assert_eq!(desk.run(&["lint"]).with(0).err, "");
    for words in [&["plan"][..], &["run"]] {
        let said = desk.run(words);
        assert!(said.err.contains("the planned time T is not known"), "{}", said.err);
    }
    assert_eq!(desk.run(&["plan", "--planned", "2026-12-01T14:00:00Z"]).with(0).err, "");
}

#[test]
fn colours_are_as_they_are_asked_for() {
    let desk = Desk::new(&checklist(&[("one", "kind = \"plan.documented\"\ndocument = \"what\"")]));
    let escapes = |words: &[&str], variables: &[(&str, &str)]| {
        let output = desk.program(words).envs(variables.iter().copied()).output().unwrap();
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    desk.run(&["run"]).with(0);
    assert!(!escapes(&["status"], &[]), "a pipe is no terminal");
    assert!(escapes(&["status", "--color", "always"], &[]));
    assert!(escapes(&["status", "--color", "always"], &[("NO_COLOR", "1")]), "what is typed goes first");
    assert!(!escapes(&["status", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn hostile_texts_move_no_cursor() {
    let hostile = r"x\u001b[2J\u001b]0;owned\u0007\r\u009b1m\u202egnp\u0000y";
    let text = format!(
        "checklist = \"small\"\ntitle = \"{hostile}\"\ndeployment = {{ release = \"r1\", environment = \"{hostile}\" }}\n\
         [vars]\nv = [\"{hostile}\"]\n[roles]\nlead = {{ title = \"{hostile}\", person = \"{hostile}\" }}\n\
         [phase.a]\ntitle = \"{hostile}\"\n\
         [check.one]\nphase = \"a\"\nkind = \"manual.attested\"\nrole = \"lead\"\ntitle = \"{hostile}\"\n\
         statement = \"{hostile}\"\nhint = \"{hostile}\"\n\
         [check.two]\nphase = \"a\"\nkind = \"plan.documented\"\ndocument = \"what\"\ntitle = \"{{{{ vars.v[0] }}}}\"\n\
         [check.three]\nphase = \"a\"\ntitle = \"It is so\"\n{}\n\
         [gate.g]\ntitle = \"{hostile}\"\nphase = \"a\"\nrequires = [\"a\"]\n",
        sh(r"printf '\033[2J\033]0;owned\007\r'; printf '\033[2J' >&2; exit 1")
    );
    let desk = Desk::new(&text);
    let wrong =
        Desk::new(&text.replace("phase = \"a\"\nkind = \"plan.documented\"", "kind = \"x\\u001b[2J\""));
    let mut said = vec![(wrong.run(&["lint"]).with(2), "a wrong checklist".to_owned())];
    for words in [
        &["lint"][..],
        &["plan"],
        &["plan", "--format", "mermaid"],
        &["plan", "--format", "json"],
        &["run", "--allow-commands"],
        &["status"],
        &["gate", "g"],
        &["attest", "one", "--by", "\u{1b}[2J", "--comment", "\u{1b}[2J\u{7}"],
        &["attest", "one", "--by", "Ana", "--as", "\u{1b}[2J"],
        &["attest", "\u{1b}[2J", "--by", "Ana"],
        &["run", "--only", "\u{1b}[2J*"],
        &["status"],
    ] {
        said.push((desk.run(words), words.join(" ")));
    }
    for (said, what) in said {
        let moves = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        if let Some(at) = said.all().find(moves) {
            let near: String = said.all()[at..].chars().take(40).collect();
            panic!("{what:?} writes {near:?}");
        }
    }
}
