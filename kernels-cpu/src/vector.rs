//! Which vector instructions the kernels run with: found when they run, each kernel compiled for every kind.

use std::any::Any;
use std::sync::OnceLock;

use pulp::{Arch, Scalar, Simd, WithSimd};

/// An environment variable that keeps kernels from using all that the processor has: `avx512` (without its population
/// count), `avx2` or `scalar`. For tests and comparisons; results are the same bits.
const LIMIT: &str = "ATTRACTOR_VECTORS";

/// Runs `work` with the best vector instructions this processor has.
///
/// `work` must be `#[inline(always)]` down to its loops, so that they are compiled for those instructions.
pub(crate) fn dispatch<W: WithSimd>(work: W) -> W::Output {
    let limit = limit();
    #[cfg(target_arch = "x86_64")]
    {
        if limit == Limit::None
            && let (Some(counting), Some(simd)) = (x86::Counting::try_new(), pulp::x86::V4::try_new())
        {
            return counting.vectorize(x86::Counted { simd, work });
        }
        if limit == Limit::Avx2
            && let Some(simd) = pulp::x86::V3::try_new()
        {
            return Simd::vectorize(simd, work);
        }
    }
    match limit {
        Limit::Scalar => Simd::vectorize(Scalar, work),
        Limit::None | Limit::Avx512 | Limit::Avx2 => Arch::new().dispatch(work),
    }
}

/// The vector instructions that kernels use, for people.
pub fn vector_extension() -> &'static str {
    dispatch(Name)
}

struct Name;

impl WithSimd for Name {
    type Output = &'static str;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> &'static str {
        #[cfg(target_arch = "x86_64")]
        if avx512(simd).is_some() {
            let counts = limit() == Limit::None && x86::Counting::try_new().is_some();
            return if counts { "AVX-512 with population counts" } else { "AVX-512" };
        }
        let _ = simd;
        match (S::F32_LANES, cfg!(target_arch = "x86_64")) {
            (1, _) => "no vector instructions",
            (_, true) => "AVX2",
            (_, false) => "NEON",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    None,
    Avx512,
    Avx2,
    Scalar,
}

fn limit() -> Limit {
    static LIMITED: OnceLock<Limit> = OnceLock::new();
    *LIMITED.get_or_init(|| match std::env::var(LIMIT).as_deref() {
        Ok("avx512") => Limit::Avx512,
        Ok("avx2") => Limit::Avx2,
        Ok("scalar") => Limit::Scalar,
        _ => Limit::None,
    })
}

/// The AVX-512 instructions, where `simd` stands for them: for the few steps that are better written in one's own.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn avx512<S: Simd>(simd: S) -> Option<pulp::x86::V4> {
    (&simd as &dyn Any).downcast_ref().copied()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use pulp::x86::V4;
    use pulp::{NullaryFnOnce, WithSimd};

    pulp::simd_type!({
        /// AVX-512 and its population count, which `pulp::x86::V4` leaves out.
        pub(super) struct Counting {
            fma: f!("fma"),
            avx512f: f!("avx512f"),
            avx512bw: f!("avx512bw"),
            avx512cd: f!("avx512cd"),
            avx512dq: f!("avx512dq"),
            avx512vl: f!("avx512vl"),
            avx512vpopcntdq: f!("avx512vpopcntdq"),
        }
    });

    /// Work that runs as on V4, in a function compiled with [`Counting`].
    pub(super) struct Counted<W> {
        pub(super) simd: V4,
        pub(super) work: W,
    }

    impl<W: WithSimd> NullaryFnOnce for Counted<W> {
        type Output = W::Output;

        #[inline(always)]
        fn call(self) -> W::Output {
            self.work.with_simd(self.simd)
        }
    }
}
