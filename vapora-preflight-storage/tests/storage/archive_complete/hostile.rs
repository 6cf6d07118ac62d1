//! Archives that would do harm.

use std::{
    fs,
    io::{Cursor, Write},
};

use vapora_preflight_storage::ArchiveComplete;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::ask::{ask, fails, passes, run, told, write};

/// One header and content of a tape archive, made by hand.
pub(crate) fn tar_member(name: &[u8], sort: u8, link: &[u8], size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = sort;
    header[157..157 + link.len()].copy_from_slice(link);
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend_from_slice(content);
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

async fn of_tar(members: &[Vec<u8>]) -> String {
    let mut tar = members.concat();
    tar.extend([0; 1024]);
    of_bytes("x.tar", &tar, "").await
}

async fn of_bytes(name: &str, bytes: &[u8], more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let asked = format!("archive = '{}'\nholds = ['a']\nmay_hold = ['**']\n{more}", path.display());
    let answer = ask::<ArchiveComplete>(&asked).await;
    assert!(fails(&answer), "{answer:?}");
    told(&answer, folder.path()).lines().next().unwrap().to_owned()
}

fn file(name: &str) -> Vec<u8> {
    tar_member(name.as_bytes(), b'0', b"", 1, b"x")
}

#[tokio::test]
async fn tape_archives_that_lead_elsewhere_are_refused() {
    let pax = |records: &str| tar_member(b"pax", b'x', b"", records.len() as u64, records.as_bytes());
    insta::assert_debug_snapshot!(
        [
            of_tar(&[file("a"), file("../../etc/cron.d/x")]).await,
            of_tar(&[file("a"), file("/etc/passwd")]).await,
            of_tar(&[file("a"), tar_member(b"etc", b'2', b"/etc", 0, b""), file("etc/passwd")]).await,
            of_tar(&[file("a"), tar_member(b"b", b'1', b"../../b", 0, b"")]).await,
            of_tar(&[file("a"), tar_member(b"null", b'3', b"", 0, b"")]).await,
            of_tar(&[file("a"), file("./a")]).await,
            of_tar(&[file("a"), file("a/b")]).await,
            of_tar(&[pax("19 path=../escaped\n"), file("a")]).await,
            of_tar(&[pax("15 path=b\\..\\c\n"), file("a")]).await,
            of_tar(&[tar_member(b"pax", b'x', b"", 1 << 32, b""), file("a")]).await,
            of_tar(&[tar_member(b"long", b'L', b"", 3, b"../"), file("a")]).await,
            of_tar(&[file("a"), tar_member(b"b", b'0', b"", 1 << 32, b"x")]).await,
            of_tar(&[file("a"), tar_member(b"b", b'2', b"a", 512, &[b'x'; 512])]).await,
            of_tar(&[file("a"), vec![0; 1024], file("b")]).await,
            of_tar(&[file("a"), tar_member(b"hole", b'S', b"", 0, b"")]).await,
        ],
        @r#"
    [
        "fail: `DIR/x.tar` is refused: the name `../../etc/cron.d/x` leads out of the archive",
        "fail: `DIR/x.tar` is refused: the name `/etc/passwd` is absolute",
        "fail: `DIR/x.tar` is refused: `etc` is a link to `/etc`",
        "fail: `DIR/x.tar` is refused: `b` is a link to `../../b`",
        "fail: `DIR/x.tar` is refused: `null` is no plain file",
        "fail: `DIR/x.tar` is refused: there are two members `a`",
        "fail: `DIR/x.tar` is refused: `a` is both a file and a folder",
        "fail: `DIR/x.tar` is refused: the name `../escaped` leads out of the archive",
        "fail: `DIR/x.tar` is refused: the name `b\\\\..\\\\c` has a backslash, which leads elsewhere on some systems",
        "fail: `DIR/x.tar` is refused: a header of it is larger than any name",
        "fail: `DIR/x.tar` is refused: the name `../` leads out of the archive",
        "fail: `DIR/x.tar` is damaged: it ends too early",
        "fail: `DIR/x.tar` is damaged: `b` holds content where none belongs",
        "fail: `DIR/x.tar` is refused: there is something behind its end",
        "fail: `DIR/x.tar` is refused: `hole` is no plain file",
    ]
    "#
    );
}

fn zip_of(names: &[&str]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
            .unwrap();
        zip.write_all(b"x").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The same with some bytes in place of others, wherever they are.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
        at += 1;
    }
    bytes
}

#[tokio::test]
async fn zip_files_that_lead_elsewhere_are_refused() {
    let link = {
        let mut zip = ZipWriter::new(Cursor::new(zip_of(&[])));
        zip.start_file("a", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        zip.add_symlink("etc", "/etc", SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let two = zip_of(&["a", "b"]);
    // the directory says one name, and the member itself another
    let differing = {
        let mut bytes = two.clone();
        let at = bytes.windows(4).position(|four| four == b"PK\x03\x04").unwrap();
        bytes[at + 30] = b'z';
        bytes
    };
    insta::assert_debug_snapshot!(
        [
            of_bytes("x.zip", &zip_of(&["a", "../../etc/passwd"]), "").await,
            of_bytes("x.zip", &replaced(&zip_of(&["a", "Xetc/passwd"]), b"Xetc", b"/etc"), "").await,
            of_bytes("x.zip", &replaced(&zip_of(&["a", "b!c!d"]), b"b!c!d", b"b\\..\\"), "").await,
            of_bytes("x.zip", &link, "").await,
            of_bytes("x.zip", &replaced(&two, b"b", b"a"), "").await,
            of_bytes("x.zip", &differing, "").await,
            of_bytes("x.zip", &overlapping(), "").await,
        ],
        @r#"
    [
        "fail: `DIR/x.zip` is refused: the name `../../etc/passwd` leads out of the archive",
        "fail: `DIR/x.zip` is refused: the name `/etc/passwd` is absolute",
        "fail: `DIR/x.zip` is refused: the name `b\\\\..\\\\` has a backslash, which leads elsewhere on some systems",
        "fail: `DIR/x.zip` is refused: `etc` is a link to `/etc`",
        "fail: `DIR/x.zip` is refused: two of its members have the same name",
        "fail: `DIR/x.zip` is damaged: it is no zip file in order: header inconsistency detected: Local file header filename mismatch (does not match central directory)",
        "fail: `DIR/x.zip` is refused: some of its members lie over one another",
    ]
    "#
    );
}

/// Two names for the content of one member, which is how small files come to hold a lot.
fn overlapping() -> Vec<u8> {
    let mut zip = zip_of(&["a", "b"]);
    let directory = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let second =
        directory + zip[directory + 1..].windows(4).position(|four| four == b"PK\x01\x02").unwrap() + 1;
    let first_header = zip[directory + 42..directory + 46].to_vec();
    zip[second + 42..second + 46].copy_from_slice(&first_header);
    zip
}

#[tokio::test]
async fn archives_that_blow_up_are_refused() {
    let zeros = vec![0_u8; 30 << 20];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a", SimpleFileOptions::default()).unwrap();
    zip.write_all(&zeros).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    assert!(zip.len() < 100 << 10, "{}", zip.len());
    let mut tar = tar_member(b"a", b'0', b"", zeros.len() as u64, &zeros);
    tar.extend([0; 1024]);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&tar).unwrap();
    let gz = gz.finish().unwrap();
    insta::assert_debug_snapshot!(
        [
            of_bytes("x.zip", &zip, "").await,
            of_bytes("x.tar.gz", &gz, "").await,
            of_bytes("x.zip", &zip, "limits = { ratio = 10000, unpacked = '10MiB' }").await,
            of_bytes("x.tar.gz", &gz, "limits = { ratio = 10000, unpacked = '10MiB' }").await,
            of_bytes("x.zip", &zip_of(&["a", "b", "c", "d"]), "limits = { members = 3 }").await,
            of_bytes("x.tar", &[file("a"), file("b"), file("c"), file("d"), vec![0; 1024]].concat(), "limits = { members = 3 }").await,
        ],
        @r#"
    [
        "fail: `DIR/x.zip` is refused: it holds more than 200 times its own size unpacked",
        "fail: `DIR/x.tar.gz` is refused: it holds more than 200 times its own size unpacked",
        "fail: `DIR/x.zip` is refused: it holds more than 10MiB unpacked",
        "fail: `DIR/x.tar.gz` is refused: it holds more than 10MiB unpacked",
        "fail: `DIR/x.zip` is refused: it has more than 3 members",
        "fail: `DIR/x.tar` is refused: it has more than 3 members",
    ]
    "#
    );
    // the zip lies about the size of its member
    let lying = replaced(&zip, &(zeros.len() as u32).to_le_bytes(), &5_u32.to_le_bytes());
    of_bytes("x.zip", &lying, "limits = { ratio = 10000 }").await;
}

#[tokio::test]
async fn a_directory_without_end_does_not_fill_the_memory() {
    let names: Vec<String> = (0..4000).map(|it| format!("{it:0>1000}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = of_bytes("x.zip", &zip_of(&names), "limits = { members = 3 }").await;
    insta::assert_snapshot!(told, @"fail: `DIR/x.zip` is refused: its directory is larger than its members may make it");
}

#[tokio::test]
async fn a_folder_with_links_and_pipes_is_refused_and_does_not_hang() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("x"), &[("a", "a")]);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("x/link")).unwrap();
    if !run(folder.path(), &["mkfifo", "x/pipe"]) {
        return;
    }
    let place = folder.path().join("x").display().to_string();
    let answer =
        ask::<ArchiveComplete>(&format!("archive = '{place}'\nholds = ['a']\nmay_hold = ['**']")).await;
    insta::assert_snapshot!(told(&answer, folder.path()), @"
    fail: `DIR/x` is refused: `link` is a link; `pipe` is no plain file
    expected: a folder that does no harm where it is unpacked
    actual: `link` is a link; `pipe` is no plain file
    remedy: do not unpack it; find out who made it, and make it anew
    ");
}

/// Whatever byte of an archive is another, it is told so or makes no difference to what is in it, and nothing crashes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_that_is_another_never_makes_a_file_another() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in");
    write(&inside, &[("a", "the content of a\n"), ("b/c", "another content\n")]);
    let sum = |text: &str| vapora_preflight::Digest::of(text);
    let asked = format!(
        "holds = ['a', 'b/c']\ndigests = {{ a = '{}', 'b/c' = '{}' }}",
        sum("the content of a\n"),
        sum("another content\n")
    );
    let packed = run(&inside, &["zip", "-q", "-r", "-X", "../x.zip", "a", "b/c"])
        && run(&inside, &["tar", "--format=gnu", "-b", "1", "-cf", "../x.tar", "a", "b/c"])
        && run(&inside, &["tar", "-czf", "../x.tar.gz", "a", "b/c"])
        && run(folder.path(), &["zstd", "-q", "-k", "x.tar"]);
    if !packed {
        return;
    }
    for name in ["x.zip", "x.tar", "x.tar.gz", "x.tar.zst"] {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let toml = format!("archive = '{}'\n{asked}", path.display());
        let answer = ask::<ArchiveComplete>(&toml).await;
        assert!(passes(&answer), "{name}: {answer:?}");
        // most of a tape archive is padding
        let step = if whole.len() > 1000 { 11 } else { 1 };
        let mut noticed = 0;
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let answer = ask::<ArchiveComplete>(&toml).await;
            noticed += usize::from(!passes(&answer));
            if let Err(error) = &answer {
                assert!(!error.is_transient(), "{name}, byte {at}: {error:?}");
            }
            fs::write(&path, &bytes[..at]).unwrap();
            let answer = ask::<ArchiveComplete>(&toml).await;
            let only_padding =
                name == "x.tar" && at > whole.len() - 1024 && whole[at..].iter().all(|byte| *byte == 0);
            assert!(!passes(&answer) || only_padding, "{name}, cut at {at}: {answer:?}");
        }
        assert!(noticed > whole.len() / step / 4, "{name}: {noticed} of {}", whole.len());
    }
}

#[tokio::test]
async fn names_that_are_no_text_are_refused() {
    let odd = tar_member(b"\xe9t\xe9", b'0', b"", 1, b"x");
    let other = tar_member(b"\xe8t\xe8", b'0', b"", 1, b"x");
    insta::assert_debug_snapshot!(
        [
            of_tar(&[file("a"), odd]).await,
            of_tar(&[tar_member(b"long", b'L', b"", 2, b"\xff\0"), file("a")]).await,
            of_tar(&[file("a"), other]).await,
        ],
        @r#"
    [
        "fail: `DIR/x.tar` is refused: the name `�t�` is not UTF-8",
        "fail: `DIR/x.tar` is refused: the name `�` is not UTF-8",
        "fail: `DIR/x.tar` is refused: the name `�t�` is not UTF-8",
    ]
    "#
    );
    // of zip files it is known which letters their names are in
    let folder = tempfile::tempdir().unwrap();
    let bytes = replaced(&zip_of(&["a", "b!"]), b"b!", b"b\x82");
    let path = folder.path().join("x.zip");
    fs::write(&path, &bytes).unwrap();
    let asked = format!("archive = '{}'\nholds = ['a', 'bé']", path.display());
    assert!(passes(&ask::<ArchiveComplete>(&asked).await));
    // and in a folder two such names would be one
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    fs::create_dir(folder.path().join("x")).unwrap();
    fs::write(folder.path().join("x/a"), "a").unwrap();
    fs::write(folder.path().join("x").join(name), "a").unwrap();
    let asked =
        format!("archive = '{}'\nholds = ['a']\nmay_hold = ['**']", folder.path().join("x").display());
    let answer = ask::<ArchiveComplete>(&asked).await;
    assert!(fails(&answer) && told(&answer, folder.path()).contains("is not UTF-8"), "{answer:?}");
}

#[tokio::test]
async fn a_folder_behind_a_link_is_not_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("x/a", "a"), ("elsewhere/b", "b")]);
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("x/linked")).unwrap();
    let place = folder.path().join("x").display().to_string();
    let asked = format!("archive = '{place}'\nholds = ['a']\nmay_hold = ['**']");
    let answer = ask::<ArchiveComplete>(&asked).await;
    assert!(fails(&answer), "{answer:?}");
    assert!(told(&answer, folder.path()).contains("`linked` is a link"), "{answer:?}");
    // the place itself may be one, as `latest` often is
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("latest")).unwrap();
    let place = folder.path().join("latest").display().to_string();
    assert!(passes(&ask::<ArchiveComplete>(&format!("archive = '{place}'\nholds = ['b']")).await));
}

#[tokio::test]
async fn large_zip_files_are_read_as_others_are() {
    // with the fields of 64 bits that files of more than 4 GiB need
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["a", "b"] {
        zip.start_file(name, SimpleFileOptions::default().large_file(true)).unwrap();
        zip.write_all(b"content").unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    fs::write(&path, &bytes).unwrap();
    let asked = format!("archive = '{}'\nholds = ['a', 'b']", path.display());
    let answer = ask::<ArchiveComplete>(&asked).await;
    assert!(passes(&answer), "{answer:?}");
    // and one that says it holds what no disk does is refused before anything is read
    let announced = replaced(&bytes, &7_u64.to_le_bytes(), &(1_u64 << 50).to_le_bytes());
    if announced != bytes {
        fs::write(&path, &announced).unwrap();
        assert!(fails(&ask::<ArchiveComplete>(&asked).await));
    }
}

#[tokio::test]
async fn files_with_holes_are_refused_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("in"), &[("a", "a")]);
    let inside = folder.path().join("in");
    fs::File::create(inside.join("hole")).unwrap().set_len(1 << 30).unwrap();
    for format in ["gnu", "posix"] {
        let archive = format!("../{format}.tar");
        if !run(&inside, &["tar", "--sparse", &format!("--format={format}"), "-cf", &archive, "a", "hole"]) {
            return;
        }
        let path = folder.path().join(format!("{format}.tar"));
        assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
        let asked = format!("archive = '{}'\nholds = ['a']\nmay_hold = ['**']", path.display());
        let answer = ask::<ArchiveComplete>(&asked).await;
        assert!(fails(&answer), "{format}: {answer:?}");
        assert!(told(&answer, folder.path()).contains("is no plain file"), "{format}: {answer:?}");
    }
}
