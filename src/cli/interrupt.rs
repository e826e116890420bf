//! Ctrl-C and SIGTERM: the work stops at its next look, what is finished stays saved, and the exit code says so.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen. The second signal ends the program at once.
pub(crate) fn listen() {
    let noted = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    // Without a handler the first signal ends the program at once: nothing finished is lost then either.
    drop(noted);
}

/// Whether to go on.
pub(super) fn go_on() -> bool {
    !INTERRUPTED.load(Ordering::Relaxed)
}
