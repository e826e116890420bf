//! Accelerated descent with a safe step, on the backend.
//!
//! In the kernel's own metric, |a|^2 = a^T K a, the gradient is the residual r = sigma(F) - t + lambda alpha itself,
//! and the Hessian D K + lambda I, D diagonal and at most 1/4, lies between lambda and L = l/4 + lambda, l the largest
//! eigenvalue of K, which power iteration finds. In the plain metric it is K (K/4 + lambda I), whose condition is the
//! square of that, and each update takes two products. So, with constant momentum for strongly convex functions (Y.
//! Nesterov, Introductory lectures on convex optimization, 2004, scheme 2.2.11, constant step III):
//!
//! ```text
//! alpha <- beta - r(beta) / L,   beta <- alpha + m (alpha - alpha before)
//! m = (1 - sqrt(lambda/L)) / (1 + sqrt(lambda/L))
//! ```
//!
//! Nothing has to be restarted, since lambda is known to be the least curvature; a network's path depends on its own
//! patterns alone.

use super::Training;
use crate::error::Result;
use crate::rule::kernel_matrix::Kernel;
use crate::rule::stability::largest_eigenvalue;

/// Updates between two looks at the gradient, which cost two.
pub(super) const LOOK_EVERY: usize = 16;

/// A step and a momentum.
pub(in crate::rule) struct Pace {
    pub(in crate::rule) step: f64,
    pub(in crate::rule) momentum: f64,
}

impl Pace {
    /// For curvatures between lambda, above 0, and `largest`.
    pub(in crate::rule) fn new(regularization: f64, largest: f64) -> Self {
        let root = (regularization / largest).sqrt();
        Self { step: 1.0 / largest, momentum: (1.0 - root) / (1.0 + root) }
    }
}

/// That of every network.
pub(super) fn paces(training: Training<'_>, regularization: f64) -> Result<Vec<Pace>> {
    let pace = |keys| {
        let kernel = Kernel::new(keys, training.table)?;
        Ok(Pace::new(regularization, 0.25 * largest_eigenvalue(&kernel) + regularization))
    };
    training.keys.iter().map(pace).collect()
}
