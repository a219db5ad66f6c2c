//! The gateway as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<gateway::Gateway>()
}
