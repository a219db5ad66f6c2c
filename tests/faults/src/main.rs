//! The fault lab as a program.
fn main() -> std::process::ExitCode {
    faults::run()
}
