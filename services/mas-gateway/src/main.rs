//! The MAS line's service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<mas_gateway::MasGateway>()
}
