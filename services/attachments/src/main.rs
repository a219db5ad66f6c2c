//! The attachments service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<attachments::Attachments>()
}
