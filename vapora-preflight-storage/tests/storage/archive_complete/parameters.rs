//! Parameters that cannot be right.

use vapora_preflight_storage::ArchiveComplete;

use crate::ask::problems;

#[test]
fn a_question_that_asks_nothing_is_a_problem() {
    let of = problems::<ArchiveComplete>;
    insta::assert_debug_snapshot!(
        [
            of("archive = 'x.zip'\nholds = []"),
            of("archive = 'x.gz'\nholds = ['a']"),
            of("archive = 's3://bucket/x.zip'\nholds = ['a']"),
            of("archive = 'x.zip'\nholds = ['a']\nstore = { credentials = 'none' }"),
            of("archive = 'x.zip'\nholds = ['a']\nlimits = { members = 0 }"),
            of("archive = 'x'\nformat = 'folder'\nholds = ['a']\ndigest = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'"),
            of("archive = 'x.zip'\nholds = ['a']\nchecksums = '../sums'"),
            of("archive = 'x.zip'\nholds = ['a']\nchecksums = 'sums'\ndigests = { 'a/' = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' }"),
        ],
        @r#"
    [
        [
            "the list is empty, so nothing is asked",
        ],
        [
            "`x.gz` is one compressed file by its name, and not an archive of files",
        ],
        [
            "how `s3://bucket/x.zip` is reached is not said",
        ],
        [
            "`x.zip` is no object store",
        ],
        [
            "a limit of 0 allows no archive at all",
        ],
        [
            "a folder has no digest",
        ],
        [
            "`../sums` can be the name of no file",
        ],
        [
            "`a/` can be the name of no file",
            "there are both `digests` and `checksums`",
        ],
    ]
    "#
    );
}

#[test]
fn what_is_no_parameter_is_refused() {
    for bad in [
        "archive = ''\nholds = ['a']",
        "archive = 'x.zip'\nholds = ['/a']",
        "archive = 'x.zip'\nholds = ['a']\ndigest = 'abc'",
        "archive = 'x.zip'\nholds = ['a']\nformat = 'rar'",
        "archive = 'x.zip'",
        "archive = 'x.zip'\nholds = ['a']\nlimits = { entries = 3 }",
    ] {
        assert!(toml::from_str::<ArchiveComplete>(bad).is_err(), "{bad}");
    }
}
