//! `host.command_succeeds` with real programs.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use vapora_preflight::{
    Check, Kind, Problems, Registry, Requirements, SecretRef, SecretStore, SecretString, Value,
};
use vapora_preflight_host::CommandSucceeds;

#[path = "support/told.rs"]
mod told;

use told::{alone, ask, fails, passes, soon, text, told, value};

fn sh(script: &str) -> CommandSucceeds {
    CommandSucceeds::new(["sh", "-c", script])
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn attached<'a>(answer: &'a told::Answer, name: &str) -> &'a str {
    let files = answer.as_ref().unwrap().finding().evidence.attachments();
    let file = files.iter().find(|file| file.name == name).unwrap();
    std::str::from_utf8(file.content.as_deref().unwrap()).unwrap()
}

/// Ends when the process is gone, or is a zombie that nobody collects.
async fn gone(pid: &str) {
    let lives = || {
        let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    };
    soon(async {
        while lives() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

fn fifo(folder: &Path) -> String {
    let path = folder.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_program_that_ends_well_passes() {
    let answer = ask(&CommandSucceeds::new(["echo", "it is", "fine"])).await;
    insta::assert_snapshot!(told(&answer), @"pass: `echo 'it is' fine` ended with exit code 0");
    assert_eq!(value(&answer, "exit_code"), Value::Int(0));
    assert_eq!(value(&answer, "signal"), Value::Null);
    assert_eq!(text(&answer, "stdout"), "it is fine");
    assert_eq!(value(&answer, "stdout_bytes"), Value::Int(11));
    let declared: Vec<_> = CommandSucceeds::evidence().iter().map(|field| field.name).collect();
    let finding = answer.as_ref().unwrap().finding();
    let emitted: Vec<_> = finding.evidence.items().iter().map(|item| item.name.as_str()).collect();
    assert_eq!(emitted, declared);
}

#[tokio::test]
async fn another_exit_code_fails_with_the_last_lines() {
    let answer = ask(&sh("echo on the way; echo no such bucket >&2; exit 3")).await;
    insta::assert_snapshot!(told(&answer), @"
    fail: `sh -c 'echo on the way; echo no such bucket >&2; exit 3'`: exit code 3
    expected: exit code 0
    actual: exit code 3; its standard error ends with:
    no such bucket
    remedy: run it by hand: sh -c 'echo on the way; echo no such bucket >&2; exit 3'
    ");
    assert_eq!(value(&answer, "exit_code"), Value::Int(3));
    assert_eq!(text(&answer, "stderr_tail"), "no such bucket");
    let mut asked = sh("exit 3");
    asked.exit_codes = vec![0, 3];
    assert!(passes(&ask(&asked).await));
    asked.argv[2] = "exit 2".to_owned();
    assert!(fails(&ask(&asked).await));
}

#[tokio::test]
async fn a_program_killed_by_a_signal_fails() {
    let mut asked = sh("kill -KILL $$");
    let answer = ask(&asked).await;
    insta::assert_snapshot!(told(&answer), @"
    fail: `sh -c 'kill -KILL $$'`: signal 9 (KILL)
    expected: exit code 0
    actual: signal 9 (KILL)
    remedy: run it by hand: sh -c 'kill -KILL $$'
    ");
    assert_eq!(value(&answer, "exit_code"), Value::Null);
    assert_eq!(value(&answer, "signal"), Value::Int(9));
    asked.exit_codes = (0..=255).collect();
    assert!(fails(&ask(&asked).await), "no exit code stands for a signal");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_a_permanent_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain"), "no program").unwrap();
    insta::assert_snapshot!(told(&ask(&CommandSucceeds::new(["no-such-program-here", "x"])).await), @"
    permanent error: the program `no-such-program-here` was not found
    remedy: install `no-such-program-here` on this machine, or put its folder into `PATH`
    ");
    let mut asked = CommandSucceeds::new(["./plain"]);
    asked.directory = Some(folder.path().to_owned());
    insta::assert_snapshot!(told(&ask(&asked).await), @"
    permanent error: the program `./plain` may not be run: Permission denied (os error 13)
    remedy: make `./plain` executable for the user of the run
    ");
    let mut asked = CommandSucceeds::new(["true"]);
    asked.directory = Some("/no/such/folder".into());
    insta::assert_snapshot!(told(&ask(&asked).await), @"
    permanent error: `/no/such/folder` is no folder to run `true` in: No such file or directory (os error 2)
    remedy: correct `directory`
    ");
    assert!(ask(&CommandSucceeds::new(Vec::<String>::new())).await.is_err());
}

#[tokio::test]
async fn its_output_has_to_contain_and_to_lack_texts() {
    let mut asked = CommandSucceeds::new(["echo", "replicas: 3, no errors"]);
    asked.contains = Some(texts(&["replicas", "errors"]));
    asked.lacks = Some(texts(&["WARNING"]));
    assert!(passes(&ask(&asked).await));
    asked.contains = Some(texts(&["replicas: 4"]));
    asked.lacks = Some(texts(&["errors", "absent"]));
    insta::assert_snapshot!(told(&ask(&asked).await), @"
    fail: `echo 'replicas: 3, no errors'`: no `replicas: 4` in its output; `errors` in its output
    expected: output that contains `replicas: 4`; output without `errors`
    actual: no `replicas: 4` in its output; `errors` in its output; its standard output ends with:
    replicas: 3, no errors
    remedy: run it by hand: echo 'replicas: 3, no errors'
    ");
    let mut silent = CommandSucceeds::new(["true"]);
    silent.contains = Some(texts(&["something"]));
    assert!(fails(&ask(&silent).await), "nothing said is nothing found");
}

#[tokio::test]
async fn a_million_lines_are_read_searched_and_not_kept() {
    let mut asked = CommandSucceeds::new(["seq", "1000000"]);
    asked.contains = Some(texts(&["\n500000\n"]));
    let answer = ask(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(value(&answer, "stdout_bytes"), Value::Int(6_888_896));
    assert_eq!(value(&answer, "stdout"), Value::Null);
    let kept = attached(&answer, "stdout.txt");
    assert!(kept.starts_with("1\n2\n") && kept.ends_with("999999\n1000000\n"));
    assert!(kept.contains("\n[6626752 bytes left out]\n") && kept.len() < 300 << 10, "{}", kept.len());
    asked.lacks = Some(texts(&["\n600000\n"]));
    assert!(fails(&ask(&asked).await), "what is left out is searched too");
}

#[tokio::test]
async fn a_long_complaint_is_read_beside_a_long_output() {
    let answer = ask(&sh("seq 200000 >&2 & seq 200000; wait; exit 7")).await;
    assert!(fails(&answer));
    assert_eq!(value(&answer, "stderr_bytes"), value(&answer, "stdout_bytes"));
    assert!(text(&answer, "stderr_tail").ends_with("\n199999\n200000"));
    assert!(attached(&answer, "stderr.txt").starts_with("1\n2\n"));
}

#[tokio::test]
async fn output_that_is_not_utf_8_is_shown_with_replacements() {
    let mut asked = sh(r"printf 'a\377\376z'; printf '\200' >&2");
    asked.contains = Some(texts(&["z"]));
    let answer = ask(&asked).await;
    assert!(passes(&answer));
    assert_eq!(text(&answer, "stdout"), "a\u{fffd}\u{fffd}z");
    assert_eq!(text(&answer, "stderr_tail"), "\u{fffd}");
    assert_eq!(value(&answer, "stdout_bytes"), Value::Int(4));
}

#[tokio::test]
async fn it_reads_its_input_or_nothing() {
    assert_eq!(text(&ask(&sh("cat; echo end")).await, "stdout"), "end");
    let mut asked = CommandSucceeds::new(["cat"]);
    asked.input = Some(vapora_preflight::TextOrSecret::Text("0123456789abcdef".repeat(1 << 16)));
    assert_eq!(value(&ask(&asked).await, "stdout_bytes"), Value::Int(1 << 20));
    asked.argv[0] = "true".to_owned();
    assert!(passes(&ask(&asked).await), "a program need not read its input");
}

#[tokio::test]
async fn it_runs_in_its_folder_with_its_variables() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let mut asked = sh(r#"echo "$PWD $ANSWER ${HOME:-no home}""#);
    asked.argv[0] = "/bin/sh".to_owned();
    asked.directory = Some(place.clone());
    asked.clear_env = true;
    asked.env.insert("ANSWER".to_owned(), vapora_preflight::TextOrSecret::Text("42".to_owned()));
    assert_eq!(text(&ask(&asked).await, "stdout"), format!("{} 42 no home", place.display()));
    asked.clear_env = false;
    assert!(!text(&ask(&asked).await, "stdout").ends_with("no home"));
}

struct Vault;
impl SecretStore for Vault {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok("hunter22".into()),
            other => Err(format!("{other} is not in the vault")),
        }
    }
}

#[tokio::test]
async fn a_secret_reaches_the_program_and_nothing_else() {
    let mut asked: CommandSucceeds = toml::from_str(
        r#"
        argv = ["sh", "-c", 'test ${#KEY} = 8 && yes "the key is $KEY" | head -n 20000 | tee /dev/stderr']
        env = { KEY = { env = "TOKEN" } }
        output_limit = "20000B"
        "#,
    )
    .unwrap();
    let cx = alone().with_secrets(Arc::new(Vault));
    let answer = soon(asked.run(&cx)).await;
    assert!(passes(&answer), "{answer:?}");
    let finding = answer.as_ref().unwrap().finding();
    assert!(!format!("{asked:?} {finding:?}").contains("hunter22"));
    for file in ["stdout.txt", "stderr.txt"] {
        assert!(!attached(&answer, file).contains("hunter"));
        assert!(attached(&answer, file).contains("the key is [redacted]\n"));
    }
    asked.env.insert("OTHER".to_owned(), vapora_preflight::TextOrSecret::Secret(SecretRef::Env("NO".into())));
    let answer = soon(asked.run(&cx)).await;
    assert!(answer.is_err_and(|error| !error.is_transient()));
}

#[tokio::test]
async fn a_secret_can_be_what_it_reads() {
    let asked: CommandSucceeds = toml::from_str(
        "argv = ['sh', '-c', 'cat; echo; echo done']\ninput = { env = 'TOKEN' }\nmatches = ['^hunter\\d+$']",
    )
    .unwrap();
    let answer = soon(asked.run(&alone().with_secrets(Arc::new(Vault)))).await;
    assert!(passes(&answer), "{answer:?}");
    assert_eq!(text(&answer, "stdout"), "[redacted]\ndone");
}

#[tokio::test]
async fn lines_of_its_output_have_to_fit_patterns_or_must_not() {
    let mut asked = sh("seq 100000; echo 'deployed: 3'; echo 'Warning: slow'; printf 'the end'");
    asked.matches = Some(texts(&["^deployed: [1-9]$", "^77777$", "^the end$"]));
    asked.never_matches = Some(texts(&["^error"]));
    assert!(passes(&ask(&asked).await));
    asked.matches = Some(texts(&["^deployed: [45]$"]));
    asked.never_matches = Some(texts(&["(?i)^warn", "^x"]));
    let answer = ask(&asked).await;
    insta::assert_snapshot!(told(&answer), @"
    fail: `sh -c 'seq 100000; echo '\\''deployed: 3'\\''; echo '\\''Warning: slow'\\''; printf '\\''the end'\\'''`: no line fits `^deployed: [45]$`; a line fits `(?i)^warn`
    expected: a line of its output that fits `^deployed: [45]$`; no line that fits `(?i)^warn`
    actual: no line fits `^deployed: [45]$`; a line fits `(?i)^warn`; its standard output ends with:
    99999
    100000
    deployed: 3
    Warning: slow
    the end
    remedy: run it by hand: sh -c 'seq 100000; echo '\\''deployed: 3'\\''; echo '\\''Warning: slow'\\''; printf '\\''the end'\\'''
    ");
    let mut problems = Problems::default();
    let asked: CommandSucceeds =
        toml::from_str("argv = ['true']\nmatches = ['(']\nnever_matches = ['']").unwrap();
    asked.validate(&mut problems);
    insta::assert_debug_snapshot!(problems.messages().collect::<Vec<_>>(), @r#"
    [
        "`(` is no regular expression: unclosed group",
        "an empty text is in every output",
    ]
    "#);
    assert!(ask(&asked).await.is_err());
}

#[tokio::test]
async fn giving_up_kills_the_program_and_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let script = format!("trap '' TERM; sh -c 'sleep 1000 & echo $! $$ $PPID > {fifo}; wait' & wait");
    let asked = sh(&script);
    let cx = alone();
    let pids = tokio::task::spawn_blocking(move || fs::read_to_string(fifo).unwrap());
    let pids = tokio::select! {
        pids = pids => pids.unwrap(),
        answer = asked.run(&cx) => panic!("it ended: {answer:?}"),
    };
    assert_eq!(pids.split_whitespace().count(), 3, "{pids}");
    for pid in pids.split_whitespace() {
        gone(pid).await;
    }
}

#[tokio::test]
async fn what_is_left_behind_is_killed_and_does_not_hold_up_the_answer() {
    let answer = ask(&sh("sleep 1000 & echo $!")).await;
    assert!(passes(&answer), "{answer:?}");
    gone(&text(&answer, "stdout")).await;
}

#[tokio::test]
async fn a_session_of_its_own_that_holds_the_pipe_does_not_hold_up_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    // It has left the group for certain when it tells its number.
    let answer = ask(&sh(&format!("setsid sh -c 'echo $$ > {fifo}; exec sleep 1000' & cat {fifo}"))).await;
    assert!(passes(&answer), "{answer:?}");
    let pid = text(&answer, "stdout");
    let of = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(of, rustix::process::Signal::KILL).expect("it lives on");
    gone(&pid).await;
}

#[test]
fn what_can_never_hold_or_never_fail_is_a_problem() {
    let problems = |toml: &str| {
        let mut problems = Problems::default();
        toml::from_str::<CommandSucceeds>(toml).unwrap().validate(&mut problems);
        let found = format!("{problems:#?}");
        let lines = found.lines().filter(|line| line.contains("message:") || line.contains("\","));
        lines.map(|line| line.trim().trim_end_matches(',')).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(problems("argv = ['true']\ncontains = ['ab']\nlacks = ['abc']\nexit_codes = [0, 255]"), "");
    insta::assert_snapshot!(problems("argv = ['kubectl get \"my nodes\"']"), @r#"
    "argv"
    message: "expected a program and its arguments one by one, found the line `kubectl get \"my nodes\"`"
    "no shell splits it; write `argv = [\"kubectl\", \"get\", \"my nodes\"]`"
    "#);
    insta::assert_snapshot!(problems("argv = []\nexit_codes = []"), @r#"
    "argv"
    message: "there is no program"
    "write it as a list, as in `[\"kubectl\", \"version\"]`"
    "exit_codes"
    message: "no exit code is right, so it can never pass"
    "leave it out for `[0]`"
    "#);
    insta::assert_snapshot!(problems("argv = ['', 'x']\nexit_codes = [256]\ncontains = []\nlacks = ['']"), @r#"
    "argv"
    message: "the program has no name"
    "name the program first, then its arguments"
    "exit_codes"
    message: "expected exit codes from 0 to 255, found `256`"
    "a program that is killed by a signal has no exit code, and fails"
    "contains"
    message: "an empty list asks for nothing"
    "name a text, or leave it out"
    "lacks"
    message: "an empty text is in every output"
    "name a text, or leave it out"
    "#);
    insta::assert_snapshot!(problems("argv = ['a', \"x\\u0000y\"]\nenv = { 'A=B' = 'x' }"), @r#"
    "argv"
    message: "an argument contains a NUL character"
    "no program can be given one; remove it"
    "env"
    message: "a variable has a name that no environment can hold"
    "use letters, digits and `_`"
    "#);
    insta::assert_snapshot!(problems("argv = ['a']\ncontains = ['all fine']\nlacks = ['fine']\noutput_limit = '0B'"), @r#"
    "lacks"
    message: "output that contains `all fine` cannot lack `fine`"
    "remove one of the two, for it can never pass"
    "output_limit"
    message: "expected from 1B to 64MiB, found `0B`"
    "all of the output is searched, whatever part is kept"
    "#);
}

#[test]
fn a_variable_is_a_text_or_a_secret() {
    let error = toml::from_str::<CommandSucceeds>("argv = ['a']\nenv = { A = 1 }").unwrap_err();
    insta::assert_snapshot!(error.message(), @r#"expected a text, or a secret as in `{ env = "NAME" }` or `{ file = "/path" }`"#);
}

#[test]
fn the_examples_are_checks_of_their_kinds() {
    let mut registry = Registry::new();
    vapora_preflight_host::register(&mut registry);
    for kind in registry.kinds() {
        for name in kind.parameters() {
            assert!(kind.schema["properties"][name]["description"].is_string(), "{name} of {}", kind.name);
        }
    }
    let example: toml::Table = toml::from_str(CommandSucceeds::EXAMPLE).unwrap();
    let mut table = example["check"]["backend-image-signed"].as_table().unwrap().clone();
    assert_eq!(table.remove("kind").unwrap().as_str(), Some(CommandSucceeds::NAME));
    table.retain(|key, _| key != "title" && key != "timeout");
    let asked: CommandSucceeds = table.try_into().unwrap();
    let mut problems = Problems::default();
    asked.validate(&mut problems);
    assert_eq!(problems.messages().count(), 0);
    let mut needs = Requirements::default();
    asked.requires(&mut needs);
    assert!(format!("{needs:?}").contains(r#"commands: ["cosign"]"#), "{needs:?}");
}
