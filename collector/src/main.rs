//! The `hogusu` command. Only turns a failure into one line on stderr and an exit code.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use hogusu_collector::{shown, store};

fn main() -> ExitCode {
    store::end_on_panic();
    match hogusu_collector::cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            let said = writeln!(std::io::stderr(), "hogusu: {}", shown::line(&text));
            // With stderr gone, the exit code is all that is left to say.
            drop(said);
            ExitCode::from(error.exit_code())
        }
    }
}
