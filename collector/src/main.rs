//! The `hogusu` command. Only turns a failure into one line on stderr and an exit code.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match hogusu_collector::cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let said = writeln!(std::io::stderr(), "hogusu: {error}");
            // With stderr gone, the exit code is all that is left to say.
            drop(said);
            ExitCode::from(error.exit_code())
        }
    }
}
