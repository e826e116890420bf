//! Catching everything wgpu can raise: scoped errors, device loss, and the panics it answers them with.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{Device, ErrorFilter};

use crate::error::{Error, Result};

/// Remembers that a device was lost, or failed outside any scope.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Option<String>>>);

impl Watch {
    /// Watches a device from now on.
    pub(super) fn over(device: &Device) -> Self {
        let watch = Self::default();
        let (lost, failed) = (watch.clone(), watch.clone());
        device.set_device_lost_callback(move |reason, message| {
            // A device dropped on purpose is not lost.
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.note(format!("device lost: {message}"));
            }
        });
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| failed.note(error.to_string())));
        watch
    }

    fn note(&self, message: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
    }

    fn noted(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs `work` on a device so that whatever goes wrong in it comes back as an error naming `what`.
pub(super) fn guarded<T>(
    device: &Device,
    watch: &Watch,
    name: &str,
    what: &str,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let failed = |cause: String, cure: &str| Error::Device {
        device: name.into(),
        what: format!("{what}: {}", cause.trim().replace('\n', " ")),
        cure: cure.into(),
    };
    let lost = "the device must be opened again; if it recurs, update its driver or use --backend cpu";
    if let Some(message) = watch.noted() {
        return Err(failed(message, lost));
    }
    let scopes = [ErrorFilter::Validation, ErrorFilter::OutOfMemory, ErrorFilter::Internal];
    let guards = scopes.map(|filter| device.push_error_scope(filter));
    // wgpu panics when a device is lost while it is polled; here that is an error like any other.
    let result = catch_unwind(AssertUnwindSafe(work));
    let errors: Vec<wgpu::Error> =
        guards.into_iter().rev().filter_map(|guard| pollster::block_on(guard.pop())).collect();
    if let Some(message) = watch.noted() {
        return Err(failed(message, lost));
    }
    if let Some(error) = errors.into_iter().next() {
        let cure = match error {
            wgpu::Error::OutOfMemory { .. } => "lower the load, the neurons or the trials, or use --backend cpu",
            _ => "update the driver, or use --backend cpu; please report this with `attractor devices`",
        };
        return Err(failed(error.to_string(), cure));
    }
    match result {
        Ok(result) => result,
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(failed(message.unwrap_or_else(|| "the driver failed".into()), lost))
        }
    }
}
