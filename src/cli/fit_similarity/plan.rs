//! What was asked for, read: patterns, queries, what training starts from.

use attractor::Error;
use attractor::data::{Features, Scaling, read_features, read_sources};
use attractor::random;
use attractor::retrieval::fit::{Examples, Pairs, Scores};
use attractor::retrieval::{
    Cumulative, Footprint, Kinds, Learns, Modulation, Network, Separation, Similarity, Variation,
};

use super::options::{FitSimilarityArgs, Likeness, Matrix};

/// All that was asked for, read.
pub(super) struct Plan {
    pub(super) patterns: Features,
    pub(super) variation: Option<Variation>,
    pub(super) pairs: Option<(Features, Vec<usize>)>,
    pub(super) separation: Separation,
}

impl Plan {
    pub(super) fn read(args: &FitSimilarityArgs) -> attractor::Result<Self> {
        let mut patterns = match (&args.patterns, args.random) {
            (Some(path), _) => read_features(path, args.scale)?,
            (None, Some([count, dimensions])) => random::features(args.fitting.seed, 0, dimensions, count)?,
            (None, None) => return Err(Error::setting("no patterns", "give --patterns or --random")),
        };
        if let Some(first) = args.first {
            if first < 2 || first > patterns.len() {
                let what = format!("--first {first} of {} patterns", patterns.len());
                return Err(Error::setting(what, "give 2 at least, and no more than there are"));
            }
            patterns = patterns.first(first);
        }
        if args.memory.learns == Learns::Nothing {
            let what = format!("--memory {} learns nothing", args.memory);
            return Err(Error::setting(
                what,
                "use it as it is: attractor retrieve --memory; or fit a-hop, k2-hop or k-hop",
            ));
        }
        if args.prior && args.memory.learns == Learns::Separated {
            let what = format!("--prior with --memory {}, which no query trains", args.memory);
            return Err(Error::setting(what, "leave it out, or fit a-hop or k2-hop"));
        }
        let scales = args.queries.scales.as_ref().map(|scales| read_features(scales, Scaling::None)).transpose()?;
        let variation = args.queries.variant.map(|variant| Variation {
            variant,
            order: args.queries.order,
            deviation: args.queries.noise_deviation,
            scales: scales.map(|scales| scales.values().to_vec()),
            seed: args.fitting.seed,
        });
        let pairs = match (&args.queries.pairs, &args.queries.sources) {
            (Some(queries), Some(sources)) => {
                let queries = read_features(queries, args.scale)?;
                let sources = read_sources(sources, queries.len())?;
                Some((queries, sources))
            }
            _ => None,
        };
        let separation = match &args.separation {
            Some(separation) => separation.clone(),
            None => {
                args.memory.separation.parse().map_err(|what: String| Error::setting(what, "please report this"))?
            }
        };
        Ok(Self { patterns, variation, pairs, separation })
    }

    pub(super) fn examples(&self) -> attractor::Result<Examples<'_>> {
        match (&self.pairs, &self.variation) {
            (Some((queries, sources)), _) => Ok(Examples::Pairs(Pairs { queries, sources })),
            (None, Some(variation)) => Ok(Examples::Variants(variation)),
            (None, None) => Err(Error::setting("no queries to learn from", "give --variant, or --pairs and --sources")),
        }
    }

    pub(super) fn network(&self, learned: Scores, bias: Option<Vec<f32>>) -> Network {
        let Scores { similarity, prior } = learned;
        Network { prior, bias, ..Network::new(self.patterns.clone(), similarity, self.separation.clone()) }
    }
}

/// What training starts from.
pub(super) fn start(args: &FitSimilarityArgs, dimensions: usize) -> Similarity {
    if args.memory.learns != Learns::Footprint {
        return Modulation::identity(dimensions).into();
    }
    let kinds = match args.footprint.likeness {
        Likeness::Both => Kinds::BOTH,
        Likeness::Distances => Kinds { distances: true, products: false },
        Likeness::Products => Kinds { distances: false, products: true },
    };
    let matrix = match args.footprint.footprint {
        Matrix::Identity => Cumulative::Identity,
        Matrix::Sums => Cumulative::Sums,
        Matrix::Random => Cumulative::random(dimensions, args.fitting.seed),
        Matrix::Learned => Cumulative::triangle(dimensions),
    };
    Footprint::plain(dimensions, kinds, !args.footprint.unsorted, matrix).into()
}
