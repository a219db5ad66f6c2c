//! The stand-in for MAS, as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<mas_gateway::simulator::MasSimulator>()
}
