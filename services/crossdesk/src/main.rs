//! The one-process host and the operator's command line.
fn main() -> std::process::ExitCode {
    crossdesk::main()
}
