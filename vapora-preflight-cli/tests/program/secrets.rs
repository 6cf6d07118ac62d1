use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    thread,
};

use crate::desk::{Desk, checklist, sh};

const SECRET: &str = "correct-horse-battery-staple";

/// Answers one request after another with all that was asked, the token among it.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap();
            let body = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(body.contains(SECRET), "the server was given the token");
            let _ = write!(
                stream,
                "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("http://{address}/")
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_secret_is_in_nothing_that_is_written_or_said() {
    let asked = format!(
        "kind = \"http.responds\"\nurl = {:?}\nbearer = {{ env = \"TOKEN\" }}\nheaders = {{ x-key = {{ env = \"TOKEN\" }} }}",
        echo()
    );
    let ran = format!("{}\nenv = {{ KEY = {{ env = \"TOKEN\" }} }}", sh("echo $KEY; echo $KEY >&2; exit 1"));
    let kept = format!("{}\nenv = {{ KEY = {{ file = \"key\" }} }}", sh("echo $KEY; echo $KEY >&2"));
    let desk = Desk::new(&checklist(&[("asked", &asked), ("ran", &ran), ("kept", &kept)]));
    desk.write("key", &format!("{SECRET}\n"));
    let reports = ["--report", "markdown=r.md", "--report", "json=r.json", "--report", "text=r.txt"];
    let mut said = Vec::new();
    for words in [
        &[&["run", "--allow-commands"][..], &reports].concat()[..],
        &["status"],
        &["gate", "proceed"],
        &["report"],
        &["plan", "--format", "json"],
    ] {
        let output = desk.program(words).env("TOKEN", SECRET).env("VAPORA_PREFLIGHT_LOG", "trace").output();
        let output = output.unwrap();
        said.push((words.join(" "), [output.stdout, output.stderr].concat()));
    }
    assert!(String::from_utf8_lossy(&said[0].1).contains("kept"), "the checks were asked");
    fs::remove_file(desk.file("key")).unwrap();
    files(desk.path(), &mut said);
    assert!(said.iter().any(|(name, _)| name.ends_with("journal.jsonl")));
    for (name, bytes) in said {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(SECRET), "{name} holds the secret");
    }
}

#[test]
fn a_secret_that_is_not_set_is_named_and_nothing_is_a_pass() {
    let ran = format!("{}\nenv = {{ KEY = {{ env = \"TOKEN\" }} }}", sh("true"));
    let desk = Desk::new(&checklist(&[("ran", &ran)]));
    let said = desk.run(&["run", "--allow-commands"]).with(3);
    assert!(said.out.contains("TOKEN"), "{}", said.out);
}
