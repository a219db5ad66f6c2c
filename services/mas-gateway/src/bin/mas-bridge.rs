//! The bridge to a MAS that speaks HTTP, as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<mas_gateway::bridge::MasBridge>()
}
