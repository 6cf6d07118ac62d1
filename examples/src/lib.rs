//! Programs that show `vapora-preflight` embedded, extended and automated, and the checklists it ships.
//!
//! - `cargo run -p vapora-preflight-examples --example embedded`: a backend that holds a checklist, and asks it.
//! - `cargo run -p vapora-preflight-examples --example own_kind`: a team's own kind, in TOML beside the shipped ones.
//! - `cargo run -p vapora-preflight-examples --example rust_phase`: a phase and a gate in Rust, in one plan with TOML.
//! - `checklists/hello`, `checklists/vapora`: checklists for the program.
