//! The mobility line's service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<mobility_support::MobilitySupport>()
}
