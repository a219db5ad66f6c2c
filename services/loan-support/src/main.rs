//! The loan line's service as a program of its own.
fn main() -> std::process::ExitCode {
    chassis::run::<loan_support::LoanSupport>()
}
