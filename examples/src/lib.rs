//! Programs that show `vapora-preflight` embedded, extended and automated, and the checklists it ships.
//!
//! - `cargo run -p vapora-preflight-examples --example embedded`: a backend that holds a checklist, and asks it.
//! - `cargo run -p vapora-preflight-examples --example own_kind`: a team's own kind, in TOML beside the shipped ones.
//! - `cargo run -p vapora-preflight-examples --example rust_phase`: a phase and a gate in Rust, in one plan with TOML.
//! - `cargo run --release -p vapora-preflight-examples --example beside_kubectl`: the shell lines of the written checklist beside
//!   the checks that take their place, with the time and the requests of both.
//! - `checklists/hello`, `checklists/vapora`: checklists for the program.
