//! How much memory there is to work in.

/// Bytes of the host's memory that are free for use; a system that does not tell is trusted to have enough.
pub fn available_memory() -> u64 {
    sysinfo::System::new().map_or(u64::MAX, |mut system| {
        system.refresh_memory();
        // A container may be given less than the machine has.
        let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
        system.available_memory().min(container)
    })
}
