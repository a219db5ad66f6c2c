//! The tours line's ticket service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<tour_tickets::TourTickets>()
}
