//! Parameters that cannot be right.

use vapora_preflight_storage::BackupRecent;

use crate::ask::problems;

#[test]
fn a_question_that_asks_nothing_is_a_problem() {
    let of = |more: &str| problems::<BackupRecent>(&format!("from = '/b'\nname = '*.zip'\n{more}"));
    insta::assert_debug_snapshot!(
        [
            of("max_age = '0s'"),
            of("max_age = '1h'\nsettled_for = '2h'"),
            of("max_age = '1h'\nmin_size = '0B'"),
            of("max_age = '1h'\nmax_shrink_percent = 100"),
            of("max_age = '1h'\nmax_shrink_percent = nan"),
            of("max_age = '1h'\nzone = 'Europe/Madrid'"),
            of("max_age = '1h'\ndate = '%F'\nzone = 'Mars/Olympus'"),
            of("max_age = '1h'\nchecksums = '{name}'"),
            of("max_age = '1h'\nchecksums = '../{nam}'"),
            of("max_age = '1h'\nfolders = true\nopen = true"),
            of("max_age = '1h'\nformat = 'zip'"),
            problems::<BackupRecent>("from = '/b'\nname = 'b-*'\nmax_age = '1h'\nopen = true"),
            problems::<BackupRecent>("from = '/b'\nname = '**'\nfolders = true\nmax_age = '1h'"),
            problems::<BackupRecent>("from = 's3://bucket'\nname = '*'\nmax_age = '1h'\nstore = { access_key = { env = 'A' } }"),
        ],
        @r#"
    [
        [
            "no backup is that young",
        ],
        [
            "no backup can be that old and young enough",
        ],
        [
            "a limit of 0 bytes always holds",
        ],
        [
            "expected at least 0 and less than 100 percent, found `100`",
        ],
        [
            "expected at least 0 and less than 100 percent, found `NaN`",
        ],
        [
            "without `date`, no time is read from names",
        ],
        [
            "there is no time zone `Mars/Olympus`",
        ],
        [
            "`{name}` can be the name of no file of checksums",
        ],
        [
            "`../{nam}` can be the name of no file of checksums",
        ],
        [
            "a folder is not packed",
        ],
        [
            "`format` and `limits` are for backups that are unpacked",
        ],
        [
            "the end of `b-*` does not say how it is packed",
        ],
        [
            "a folder of any depth is no backup",
        ],
        [
            "`access_key` and `secret_key` go together",
        ],
    ]
    "#
    );
}

#[test]
fn what_is_no_parameter_is_refused() {
    for bad in [
        "from = '/b'\nname = '*.zip'",
        "from = '/b'\nmax_age = '1h'",
        "from = '/b'\nname = '*'\nmax_age = '1h'\ndate = '%Y-%q'",
        "from = '/b'\nname = '*'\nmax_age = '1h'\nformat = 'rar'",
        "from = 's3://bucket'\nname = '*'\nmax_age = '1h'\nstore = { acess_key = { env = 'A' } }",
    ] {
        assert!(toml::from_str::<BackupRecent>(bad).is_err(), "{bad}");
    }
}
