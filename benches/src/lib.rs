//! Benchmarks of `vapora-preflight`: they measure, and fail on nothing.
//!
//! - `cargo bench -p vapora-preflight-benches --bench compile`: checklists into plans.
//! - `cargo bench -p vapora-preflight-benches --bench exec`: the executor beside the checks themselves.
//! - `cargo bench -p vapora-preflight-benches --bench render`: reports by format.
