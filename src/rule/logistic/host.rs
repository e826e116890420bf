//! Solvers in f64 on the host: what they share.

use rayon::prelude::*;

use super::{AIM, objective, reached};
use crate::error::{Error, Result};
use crate::memory::{Convergence, Readout, Table};
use crate::pattern::Patterns;
use crate::rule::couplings::check_pairs;
use crate::rule::dense::{bipolar, largest};
use crate::rule::kernel_matrix::Kernel;
use crate::rule::lesson::{Class, Learned, Look, as_written, in_turn};
use crate::rule::{Descent, Observer};

/// What one network is to solve.
pub(super) struct Problem<'a> {
    pub(super) kernel: Kernel<'a>,
    pub(super) neurons: usize,
    /// lambda.
    pub(super) regularization: f64,
    /// eta, of solvers that step by it.
    pub(super) learning_rate: f64,
    /// y, \[P, N\].
    pub(super) signs: Vec<f64>,
    targets: &'a Patterns,
}

/// Where a solver stands, row-major \[P, N\].
pub(super) struct Point {
    /// alpha, and F = K alpha.
    pub(super) dual: Vec<f64>,
    pub(super) fields: Vec<f64>,
    /// r = sigma(F) - t + lambda alpha, up to date before each update.
    pub(super) residual: Vec<f64>,
    /// K r, up to date where it was looked at.
    pub(super) gradient: Vec<f64>,
}

/// A way to the optimum.
pub(super) trait Approach {
    /// Updates between two looks at the gradient.
    fn look_every(&self) -> usize {
        1
    }

    /// Moves dual and fields. Asks `go_on` now and then, if it takes long.
    fn update(&mut self, problem: &Problem<'_>, point: &mut Point, go_on: &mut dyn FnMut() -> bool) -> Result<()>;

    /// What to say of a dual that left the finite numbers within so many updates.
    fn lost(&self, problem: &Problem<'_>, updates: usize) -> Error {
        Error::unlearnable(
            format!(
                "the dual left the finite numbers within {updates} updates, with regularization {}",
                problem.regularization
            ),
            "use a positive definite kernel, raise --regularization, or use --solver gradient-descent",
        )
    }
}

/// One network after another, each of which uses the whole host.
pub(super) fn learn<A: Approach>(
    class: &Class<'_>,
    observer: &mut Observer<'_>,
    approach: impl Fn(&Problem<'_>) -> Result<A>,
) -> Result<Vec<Learned>> {
    in_turn(class, observer, |keys, targets, observer| {
        let problem = Problem::new(keys, targets, class.table, class.descent)?;
        let mut approach = approach(&problem)?;
        let Solved { dual, initial_gradient_norm, updates, trace } =
            problem.solve(&mut approach, class.descent, observer)?;
        let dual: Vec<f32> = dual.into_iter().map(|alpha| alpha as f32).collect();
        let end = problem.judge(&dual, class.descent, initial_gradient_norm, updates);
        let finite = dual.iter().all(|alpha| alpha.is_finite()) && end.gradient_norm.is_finite();
        if !(finite && end.objective.is_some_and(f64::is_finite)) {
            return Err(approach.lost(&problem, updates));
        }
        let readout = Readout::Dual { dual, table: class.table.clone() };
        Ok(Learned { convergence: Some(end), trace, ..Learned::of(readout) })
    })
}

/// A dual in f64, and how it was come by.
struct Solved {
    dual: Vec<f64>,
    initial_gradient_norm: f64,
    updates: usize,
    trace: Vec<Look>,
}

impl<'a> Problem<'a> {
    /// # Errors
    /// If table or shapes cannot be meant.
    fn new(keys: &'a Patterns, targets: &'a Patterns, table: &Table, descent: &Descent) -> Result<Self> {
        check_pairs(keys, targets)?;
        if let Some(what) = table.fault_in_training() {
            return Err(Error::setting(what, "train with a kernel that is largest at distance 0"));
        }
        Ok(Self {
            kernel: Kernel::new(keys, table)?,
            neurons: targets.neurons(),
            regularization: as_written(descent.regularization),
            learning_rate: as_written(descent.learning_rate),
            signs: bipolar(targets),
            targets,
        })
    }

    /// # Errors
    /// Those of an update; if the observer, told of each, answers no.
    fn solve(&self, approach: &mut impl Approach, descent: &Descent, observer: &mut Observer<'_>) -> Result<Solved> {
        let zeros = || vec![0.0; self.signs.len()];
        let mut point = Point { dual: zeros(), fields: zeros(), residual: zeros(), gradient: zeros() };
        let mut initial_gradient_norm = None;
        let mut trace = Vec::new();
        let mut done = 0;
        loop {
            self.differentiate(&mut point);
            let due = done % approach.look_every() == 0 || done == descent.updates;
            if due || descent.trace {
                self.kernel.product(0.0, &point.residual, &mut point.gradient);
                let [gradient_norm, residual_norm] = [&point.gradient, &point.residual].map(|values| largest(values));
                initial_gradient_norm.get_or_insert(gradient_norm);
                if descent.trace {
                    let objective = objective(self.regularization, &point.fields, &point.dual, self.targets);
                    trace.push(Look { update: done, objective, gradient_norm, residual_norm: Some(residual_norm) });
                }
                let near = reached(descent, AIM, gradient_norm, residual_norm);
                if due && (near || done == descent.updates || !gradient_norm.is_finite()) {
                    break;
                }
            }
            if !observer(done) {
                return Err(Error::Interrupted);
            }
            approach.update(self, &mut point, &mut || observer(done))?;
            done += 1;
        }
        observer(done);
        let initial_gradient_norm = initial_gradient_norm.unwrap_or(f64::NAN);
        Ok(Solved { dual: point.dual, initial_gradient_norm, updates: done, trace })
    }

    /// The residual at a point's dual and fields.
    fn differentiate(&self, point: &mut Point) {
        let at = point.fields.par_iter().zip(&point.dual).zip(&self.signs);
        let residuals = point.residual.par_iter_mut().zip(at);
        residuals.for_each(|(value, ((field, alpha), y))| *value = self.residual(*field, *alpha, *y));
    }

    /// sigma(F) - t = -y sigma(-y F), without its cancellation, + lambda alpha.
    fn residual(&self, field: f64, alpha: f64, y: f64) -> f64 {
        -y / (1.0 + libm::exp(y * field)) + self.regularization * alpha
    }

    /// D, the slope of the sigmoid at each field, \[P, N\].
    pub(super) fn slopes(&self, fields: &[f64]) -> Vec<f64> {
        let slope = |field: &f64| {
            let small = libm::exp(-field.abs());
            small / ((1.0 + small) * (1.0 + small))
        };
        fields.par_iter().map(slope).collect()
    }

    /// Objective, gradient and residual of the dual that is given out, by products of its own.
    fn judge(&self, dual: &[f32], descent: &Descent, initial_gradient_norm: f64, updates: usize) -> Convergence {
        let dual: Vec<f64> = dual.iter().map(|&alpha| f64::from(alpha)).collect();
        let zeros = || vec![0.0; dual.len()];
        let mut point = Point { fields: zeros(), residual: zeros(), gradient: zeros(), dual };
        self.kernel.product(0.0, &point.dual, &mut point.fields);
        self.differentiate(&mut point);
        self.kernel.product(0.0, &point.residual, &mut point.gradient);
        let [gradient_norm, residual_norm] = [&point.gradient, &point.residual].map(|values| largest(values));
        Convergence {
            objective: Some(objective(self.regularization, &point.fields, &point.dual, self.targets)),
            gradient_norm,
            initial_gradient_norm,
            residual_norm: Some(residual_norm),
            settled: reached(descent, 1.0, gradient_norm, residual_norm),
            updates,
        }
    }
}
