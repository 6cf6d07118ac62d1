//! Writers that are killed, at any moment: they are processes of their own, made of this very program.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{self, ChildStdout, Command, Stdio},
};

use vapora_preflight::{Event, EventKind, Journal, Note, Recorder, read_journal};

use crate::world::{World, at, id, release};

const ROOT: &str = "VAPORA_PREFLIGHT_JOURNAL_CHILD";
const HOLDS: &str = "VAPORA_PREFLIGHT_JOURNAL_CHILD_HOLDS";

/// What a child does until it is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// It records event after event, and says the number of each once it is recorded.
    Append,
    /// It opens the journal and waits.
    Hold,
}

/// Another process that writes the journal.
pub(crate) struct Child {
    process: process::Child,
    words: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn spawn(world: &World, task: Task) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "children::a_writer_until_it_is_killed", "--ignored", "--nocapture"]);
        command.env(ROOT, world.root.path()).env(HOLDS, if task == Task::Hold { "yes" } else { "" });
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let words = BufReader::new(process.stdout.take().unwrap());
        Self { process, words }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The next thing it says; nothing once it has ended.
    pub(crate) fn next_word(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.words.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The rest is what the test harness says.
            if let Some(word) = line.strip_prefix("child: ").and_then(|line| line.strip_suffix('\n')) {
                return Some(word.to_owned());
            }
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The event of a number: short ones that are synced, and now and then a long one that is not.
fn event(number: usize) -> Event {
    let text = number.to_string();
    let kind = if number % 3 == 1 {
        EventKind::AttemptFailed { check: id("nodes"), attempt: 1, why: text.repeat(4_000) }
    } else {
        EventKind::Noted(Note { who: "child".into(), topic: "note".into(), text })
    };
    Event { at: at(i64::try_from(number).unwrap()), kind }
}

#[test]
#[ignore = "the part of another process, which the tests start"]
#[expect(clippy::disallowed_methods, reason = "this is how the other process is told its part")]
fn a_writer_until_it_is_killed() {
    let root = PathBuf::from(env::var_os(ROOT).expect("only the other tests start this one"));
    let (mut journal, history) = Journal::open(&root, &release(), "child@build-7", at(0)).unwrap();
    let mut out = io::stdout();
    if env::var_os(HOLDS).is_some_and(|value| value == "yes") {
        writeln!(out, "\nchild: holding").unwrap();
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    writeln!(out).unwrap();
    // It is killed long before the last of them, except where the machine is so busy that its parent gets no turn.
    for number in (history.events.len()..).take(200) {
        journal.record(&event(number)).unwrap();
        // An error here is the end of the parent: then this process has no one to write for.
        if writeln!(out, "child: {number}").is_err() {
            return;
        }
    }
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn nothing_that_was_recorded_is_lost_when_the_writer_is_killed() {
    let mut world = World::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let (mut torn, mut recorded) = (0, 0);
    for round in 0..100 {
        if round % 10 == 0 {
            world = World::new();
            recorded = 0;
        }
        // xorshift: where to strike.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut child = Child::spawn(&world, Task::Append);
        let mut said = None;
        for _ in 0..=state % 7 {
            said = Some(child.next_word().unwrap().parse::<usize>().unwrap());
        }
        if round % 10 == 9 {
            // Meanwhile the writer goes on; this takes long enough for a good many events.
            let meanwhile = read_journal(world.root.path(), &release()).unwrap().events.len();
            assert!(Some(meanwhile) > said, "round {round}: it is read while it is written");
        }
        child.kill();
        while let Some(word) = child.next_word() {
            said = Some(word.parse().unwrap());
        }
        let said = said.unwrap() + 1;

        if state & 0x100 == 0 {
            tear(&world, state);
        }
        let is_torn = world.text().last() != Some(&b'\n');
        torn += usize::from(is_torn);
        let history = read_journal(world.root.path(), &release()).unwrap();
        let events = history.events;
        assert!(events.len() >= said, "round {round}: {said} were recorded, {} are left", events.len());
        assert!(said > recorded, "round {round}: it went on");
        for (number, found) in events.iter().enumerate() {
            assert_eq!(*found, event(number), "round {round}");
        }
        let (mut journal, opened) = Journal::open(world.root.path(), &release(), "ana", at(0)).unwrap();
        assert_eq!(history.dropped.is_some(), is_torn, "round {round}");
        assert_eq!((opened.dropped, opened.events.len()), (history.dropped, events.len()));
        journal.record(&event(events.len())).unwrap();
        recorded = events.len() + 1;
    }
    assert!(torn > 20, "{torn} of them left a torn line");
}

/// Leaves behind what a kill in the midst of a write does, which by itself is too rare to be waited for: a part of the next
/// line.
fn tear(world: &World, state: u64) {
    let before = world.text();
    if before.last() != Some(&b'\n') {
        return;
    }
    let next = World::holding(&before);
    let (mut journal, history) = Journal::open(next.root.path(), &release(), "ana", at(0)).unwrap();
    journal.record(&event(history.events.len())).unwrap();
    let after = next.text();
    let line = after.len() - before.len();
    world.write(&after[..before.len() + usize::try_from(state >> 32).unwrap() % line]);
}
