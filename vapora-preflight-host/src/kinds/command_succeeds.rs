//! `host.command_succeeds`

use std::{collections::BTreeMap, path::PathBuf};

use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, EvidenceField, ExposeSecret, Finding, Kind, Outcome,
    Problems, Requirements, SecretString, TextOrSecret, async_trait, shell_words,
};

use crate::process::{Ended, Program, describe, not_started};

mod evidence;
mod words;

use self::{
    evidence::evidence_of,
    words::{last_lines, split},
};

/// More than this is not kept.
const MOST_OUTPUT: u64 = 64 << 20;

/// A program ends with the right exit code, and says what it should.
///
/// The program is started from a list of arguments, never through a shell, in a process group of its own. It should only
/// ask: it may be run again by a retry, and a time-out or a cancelled run kills it and all it started, at once and
/// without a warning (`SIGKILL`). What it leaves running in its group when it ends is killed too.
///
/// Another exit code fails, and so does a program that is killed by a signal. A program that cannot be started is an error.
/// Programs run only where the caller of the run allows them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CommandSucceeds {
    /// The program and its arguments, one by one, as in `["kubectl", "version"]`. A program with a slash is a path, and
    /// starts at `directory` where it is relative; any other is looked up in `PATH`.
    pub argv: Vec<String>,
    /// Where to run it: by default the working directory of the run.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// Environment variables to set, each a text or a secret: `{ TOKEN = { env = "DEPLOY_TOKEN" } }`.
    #[serde(default)]
    pub env: BTreeMap<String, TextOrSecret>,
    /// Whether it gets only the variables of `env`, and none of the run's own environment.
    #[serde(default)]
    pub clear_env: bool,
    /// What it reads on its standard input, a text or a secret: by default nothing.
    #[serde(default)]
    pub input: Option<TextOrSecret>,
    /// The exit codes that are right, each from 0 to 255.
    #[serde(default = "zero")]
    pub exit_codes: Vec<i32>,
    /// Texts that its standard output has to contain, all of them. All of the output is searched, whatever part is kept.
    #[serde(default)]
    pub contains: Option<Vec<String>>,
    /// Texts that its standard output must not contain, any of them. All of the output is searched, whatever part is kept.
    #[serde(default)]
    pub lacks: Option<Vec<String>>,
    /// Regular expressions of which each has to fit a line of its standard output, as in `^deployed: [0-9]+$`. All of the output is
    /// searched; a line of more than 64KiB is looked at in parts.
    #[serde(default)]
    pub matches: Option<Vec<String>>,
    /// Regular expressions of which none may fit a line of its standard output, as in `(?i)warn`.
    #[serde(default)]
    pub never_matches: Option<Vec<String>>,
    /// How much of its standard output and of its standard error is kept, half of it from the beginning and half from
    /// the end: at most 64MiB.
    #[serde(default = "output_limit")]
    pub output_limit: Bytes,
}

fn zero() -> Vec<i32> {
    vec![0]
}

fn output_limit() -> Bytes {
    Bytes::new(256 << 10)
}

impl CommandSucceeds {
    /// The check of a program with its arguments.
    pub fn new(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            directory: None,
            env: BTreeMap::new(),
            clear_env: false,
            input: None,
            exit_codes: zero(),
            contains: None,
            lacks: None,
            matches: None,
            never_matches: None,
            output_limit: output_limit(),
        }
    }

    fn contains(&self) -> &[String] {
        self.contains.as_deref().unwrap_or_default()
    }

    fn lacks(&self) -> &[String] {
        self.lacks.as_deref().unwrap_or_default()
    }

    fn program(&self, cx: &CheckContext) -> Result<(Program, Vec<SecretString>), CheckError> {
        let (name, arguments) =
            self.argv.split_first().ok_or_else(|| CheckError::permanent("`argv` is empty"))?;
        let limit = usize::try_from(self.output_limit.get().min(MOST_OUTPUT)).unwrap_or(usize::MAX);
        let mut program = Program::new(name, limit)
            .arguments(arguments)
            .directory(self.directory.as_deref())
            .without_environment(self.clear_env)
            .looking_for(self.contains())
            .looking_for(self.lacks())
            .matching(patterns(self.matches())?)
            .matching(patterns(self.never_matches())?);
        let mut secrets = Vec::new();
        let mut given = |value: &TextOrSecret| {
            Ok::<_, CheckError>(match value {
                TextOrSecret::Text(text) => text.clone(),
                TextOrSecret::Secret(reference) => {
                    let secret = cx.secret(reference)?;
                    let text = secret.expose_secret().to_owned();
                    secrets.push(secret);
                    text
                }
            })
        };
        for (name, value) in &self.env {
            program = program.variable(name, given(value)?);
        }
        if let Some(input) = &self.input {
            program = program.input(Some(given(input)?.into_bytes()));
        }
        Ok((program, secrets))
    }

    fn matches(&self) -> &[String] {
        self.matches.as_deref().unwrap_or_default()
    }

    fn never_matches(&self) -> &[String] {
        self.never_matches.as_deref().unwrap_or_default()
    }

    /// What is wrong: what was expected, and what was seen instead.
    fn unmet(&self, ended: &Ended) -> Vec<(String, String)> {
        let mut unmet = Vec::new();
        if !ended.status.code().is_some_and(|code| self.exit_codes.contains(&code)) {
            let codes: Vec<_> = self.exit_codes.iter().map(ToString::to_string).collect();
            unmet.push((format!("exit code {}", codes.join(" or ")), describe(ended.status)));
        }
        let mut found = ended.stdout.found();
        for text in self.contains() {
            if found.next() != Some(true) {
                unmet.push((format!("output that contains `{text}`"), format!("no `{text}` in its output")));
            }
        }
        for text in self.lacks() {
            if found.next() != Some(false) {
                unmet.push((format!("output without `{text}`"), format!("`{text}` in its output")));
            }
        }
        let mut fitted = ended.stdout.fitted();
        for pattern in self.matches() {
            if fitted.next() != Some(true) {
                unmet.push((
                    format!("a line of its output that fits `{pattern}`"),
                    format!("no line fits `{pattern}`"),
                ));
            }
        }
        for pattern in self.never_matches() {
            if fitted.next() != Some(false) {
                unmet.push((format!("no line that fits `{pattern}`"), format!("a line fits `{pattern}`")));
            }
        }
        unmet
    }
}

/// How much memory a pattern may take when it is made ready, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

fn pattern(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN).build();
    // a picture of the place comes first, and what is wrong last
    built.map_err(|error| {
        let said = error.to_string();
        said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

fn patterns(texts: &[String]) -> Result<Vec<Regex>, CheckError> {
    let one = |text: &String| {
        pattern(text)
            .map_err(|why| CheckError::permanent(format!("`{text}` is no regular expression: {why}")))
    };
    texts.iter().map(one).collect()
}

#[async_trait]
impl Check for CommandSucceeds {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let (program, secrets) = self.program(cx)?;
        let shown = shell_words(&self.argv);
        cx.doing(format!("running `{shown}`"));
        let ended = program
            .run()
            .await
            .map_err(|error| not_started(&self.argv[0], self.directory.as_deref(), &error))?;
        let evidence = evidence_of(&ended, &secrets);
        let unmet = self.unmet(&ended);
        if unmet.is_empty() {
            let summary = format!("`{shown}` ended with {}", describe(ended.status));
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let (expected, seen): (Vec<_>, Vec<_>) = unmet.into_iter().unzip();
        let mut actual = seen.join("; ");
        for (name, output) in [("standard error", &ended.stderr), ("standard output", &ended.stdout)] {
            let lines = last_lines(&output.text(&secrets));
            if !lines.is_empty() {
                actual = format!("{actual}; its {name} ends with:\n{lines}");
                break;
            }
        }
        let by_hand = match &self.directory {
            Some(directory) => format!("cd {} && {shown}", shell_words([directory.display().to_string()])),
            None => shown.clone(),
        };
        Ok(Outcome::Fail(
            Finding::new(format!("`{shown}`: {}", seen.join("; ")))
                .expected(expected.join("; "))
                .actual(actual)
                .remedy(format!("run it by hand: {by_hand}"))
                .evidence(evidence),
        ))
    }
}

impl Kind for CommandSucceeds {
    const NAME: &'static str = "host.command_succeeds";
    const EXAMPLE: &'static str = r#"
[check.backend-image-signed]
kind     = "host.command_succeeds"
title    = "The image of the backend is signed"
argv     = ["cosign", "verify", "--output=text", "registry.example.com/vapora-backend:v2"]
env      = { COSIGN_PASSWORD = { env = "COSIGN_PASSWORD" } }
contains = ["vapora-backend"]
lacks    = ["WARNING"]
timeout  = "1m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        evidence::DECLARED
    }

    fn validate(&self, problems: &mut Problems) {
        match self.argv.as_slice() {
            [] => problems.at(
                "argv",
                "there is no program",
                "write it as a list, as in `[\"kubectl\", \"version\"]`",
            ),
            [name, ..] if name.trim().is_empty() => {
                problems.at("argv", "the program has no name", "name the program first, then its arguments");
            }
            [line] if line.contains(char::is_whitespace) => problems.at(
                "argv",
                format!("expected a program and its arguments one by one, found the line `{line}`"),
                format!("no shell splits it; write `argv = {:?}`", split(line)),
            ),
            _ => {}
        }
        if self.argv.iter().any(|word| word.contains('\0')) {
            problems.at(
                "argv",
                "an argument contains a NUL character",
                "no program can be given one; remove it",
            );
        }
        if self.env.keys().any(|name| name.is_empty() || name.contains(['=', '\0'])) {
            problems.at(
                "env",
                "a variable has a name that no environment can hold",
                "use letters, digits and `_`",
            );
        }
        if self.env.values().any(|value| matches!(value, TextOrSecret::Text(text) if text.contains('\0'))) {
            problems.at(
                "env",
                "a variable contains a NUL character",
                "no program can be given one; remove it",
            );
        }
        if self.exit_codes.is_empty() {
            problems.at(
                "exit_codes",
                "no exit code is right, so it can never pass",
                "leave it out for `[0]`",
            );
        }
        if let Some(code) = self.exit_codes.iter().find(|code| !(0..=255).contains(*code)) {
            let message = format!("expected exit codes from 0 to 255, found `{code}`");
            problems.at(
                "exit_codes",
                message,
                "a program that is killed by a signal has no exit code, and fails",
            );
        }
        for (name, texts) in [("matches", self.matches()), ("never_matches", self.never_matches())] {
            for text in texts {
                if let Err(why) = pattern(text) {
                    problems.at(
                        name,
                        format!("`{text}` is no regular expression: {why}"),
                        "write it as the crate `regex` reads it, as in `^deployed: [0-9]+$`",
                    );
                }
            }
        }
        let lists = [
            ("contains", &self.contains),
            ("lacks", &self.lacks),
            ("matches", &self.matches),
            ("never_matches", &self.never_matches),
        ];
        for (name, texts) in lists {
            match texts.as_deref() {
                Some([]) => {
                    problems.at(name, "an empty list asks for nothing", "name a text, or leave it out");
                }
                Some(texts) if texts.iter().any(String::is_empty) => {
                    problems.at(name, "an empty text is in every output", "name a text, or leave it out");
                }
                _ => {}
            }
        }
        if let Some((text, within)) = self
            .lacks()
            .iter()
            .find_map(|text| {
                Some((text, self.contains().iter().find(|within| within.contains(text.as_str()))?))
            })
            .filter(|(text, _)| !text.is_empty())
        {
            problems.at(
                "lacks",
                format!("output that contains `{within}` cannot lack `{text}`"),
                "remove one of the two, for it can never pass",
            );
        }
        if !(1..=MOST_OUTPUT).contains(&self.output_limit.get()) {
            let message = format!("expected from 1B to 64MiB, found `{}`", self.output_limit);
            problems.at("output_limit", message, "all of the output is searched, whatever part is kept");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        if let Some(program) = self.argv.first() {
            needs.command(program);
        }
    }
}
