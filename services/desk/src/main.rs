//! The desk as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<desk::Desk>()
}
