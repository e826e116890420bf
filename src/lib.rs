//! attractor: a compute engine for associative memories.
//!
//! It stores bipolar patterns, learns dual variables, recalls thousands of cues at once and says where each one ends,
//! on any GPU through wgpu or on the CPU, with the same answer everywhere. Every memory here is one sentence,
//!
//! ```text
//! state' = sign( field ),   field_i = sum over mu of phi( hamming(state, key_mu) ) * dual[mu, i]
//! ```
//!
//! where the profile phi is a [table](memory::Table) of N + 1 numbers and a [rule] makes the dual; or its fields come
//! from [couplings](memory::Readout), field_i = sum over j of state_j * couplings\[j, i\]. Of sparse binary patterns
//! ([`code`]) the highest fields win, in the place of the sign.
//!
//! Data flows down this list, and nothing imports upwards:
//!
//! | module | what it does |
//! |---|---|
//! | [`data`] | reads patterns from files, writes results |
//! | [`random`], [`pattern`] | counter-based randomness, bit-packed patterns |
//! | [`code`] | bipolar or sparse: how patterns are written, and the activation that keeps states so |
//! | [`memory`] | profiles and tables, trained memories, the model file |
//! | [`rule`] | keys and targets to dual or couplings: every learning rule |
//! | [`cue`] | starting states |
//! | [`recall`](mod@recall) | steps, of all neurons at once or one by one, until fixed, cycling or out of time, every sign certified |
//! | [`endpoint`] | target, other learned, spurious, cycle, unsettled |
//! | [`measure`] | cells of a sweep, intervals |
//! | [`quantise`] | what a dual in fewer bits costs |
//! | [`plan`], [`sweep`] | what a sweep means; running it, saving it, continuing it |
//! | [`sequence`](mod@sequence) | memories that walk from pattern to pattern: how far, how well, and up to which length |
//! | [`study`] | analyses of trained memories over models, penalties and loads, one frame for all |
//! | [`reproduce`] | published claims beside what is measured here, each with its verdict |
//! | [`retrieval`] | memories on real-valued states: similarity, separation, readout, and similarities learned from variants |
//! | [`store`] | an experiment's folder: rows as they finish, continued |
//! | [`report`] | figures, tables, one offline page |
//! | [`capacity`] | the largest P that is still retrievable, and how it grows with N |
//! | [`bench`](mod@bench) | how fast, beside the machine's ceilings and other programs |
//! | [`engine`] | beneath them all: arrays, the kernel table, recordings, the CPU and GPU backends |
//!
//! # Example
//!
//! Store 200 random patterns of 100 neurons, flip ten bits of each, and count the cues that find their way back:
//!
//! ```
//! use attractor::engine::{Arithmetic, Workspace, cpu::Cpu};
//! use attractor::{cue, random, recall, rule};
//!
//! # fn main() -> attractor::Result<()> {
//! let cpu = Cpu::new(Arithmetic::Fused);
//! let keys = [random::patterns(1, 0, 100, 200)?];
//! let model: rule::Model = "klr/rbf:0.02".parse()?;
//! let descent = rule::Descent { updates: 200, ..rule::Descent::default() };
//! let space = Workspace::new(&cpu);
//! let memory = rule::learn_memory(&space, &model, &keys[0], &keys[0], &descent)?;
//!
//! let trials = cue::trials(200, 1, 200, cue::flips(100, 0.8));
//! let cues = cue::cues(&cpu, 1, &[0], &keys, &trials)?;
//! let recalled = recall::recall(&space, &[&memory], &cues, 30, &mut |_| true)?;
//! let found = (0..200).filter(|&i| recalled[0].finals.row(i) == keys[0].row(i)).count();
//! assert_eq!(found, 200);
//! # Ok(())
//! # }
//! ```

pub mod bench;
pub mod capacity;
pub mod code;
pub mod cue;
pub mod data;
pub mod endpoint;
pub mod engine;
pub mod error;
pub mod measure;
pub mod memory;
pub mod pattern;
pub mod plan;
pub mod quantise;
pub mod random;
pub mod recall;
pub mod report;
pub mod reproduce;
pub mod retrieval;
pub mod rule;
pub mod sequence;
pub mod store;
pub mod study;
pub mod sweep;

pub use error::{Error, Result};
