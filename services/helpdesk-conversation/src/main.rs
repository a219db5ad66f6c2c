//! The helpdesk line's service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<helpdesk_conversation::HelpdeskConversation>()
}
