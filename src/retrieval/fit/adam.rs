//! Adam (Kingma, Ba, ICLR 2015, algorithm 1), in f64 on the host: the parameters are few, the queries many.

const FIRST: f64 = 0.9;
const SECOND: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// What it remembers of the gradients.
pub(super) struct Adam {
    rate: f64,
    step: i32,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Adam {
    /// Of so many parameters.
    pub(super) fn new(parameters: usize, rate: f64) -> Self {
        Self { rate, step: 0, means: vec![0.0; parameters], squares: vec![0.0; parameters] }
    }

    /// Takes a step against a gradient.
    pub(super) fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.step = self.step.saturating_add(1);
        let (first, second) = (1.0 - FIRST.powi(self.step), 1.0 - SECOND.powi(self.step));
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((parameter, &slope), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *mean = FIRST * *mean + (1.0 - FIRST) * slope;
            *square = SECOND * *square + (1.0 - SECOND) * slope * slope;
            *parameter -= self.rate * (*mean / first) / ((*square / second).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first step is the rate against the gradient's sign, whatever its size; a quadratic's minimum is found.
    #[test]
    fn it_steps_by_its_rate_and_finds_a_minimum() {
        let mut adam = Adam::new(2, 0.1);
        let mut x = [3.0, -2.0];
        adam.step(&mut x, &[1e-3, -1e3]);
        assert!((x[0] - 2.9).abs() < 1e-6 && (x[1] + 1.9).abs() < 1e-6, "{x:?}");
        let mut adam = Adam::new(2, 0.1);
        for _ in 0..2000 {
            let gradient = [2.0 * (x[0] - 1.0), 20.0 * (x[1] - 0.5)];
            adam.step(&mut x, &gradient);
        }
        assert!((x[0] - 1.0).abs() < 1e-3 && (x[1] - 0.5).abs() < 1e-3, "{x:?}");
    }
}
