#!/usr/bin/env python3
"""What a user would run instead of `attractor fit-similarity` and `retrieve`: the adaptive Hopfield network (arXiv
2511.20609) in NumPy, JAX or PyTorch.

    similarity_peer.py {numpy,jax,torch} {fit,retrieve} [--n 64] [--p 2048] [--b 2048] [--repeats 3] [--npz FILE]
                       [--sort library|network] [--threads N] [--block N]
                       [--mask 0.4] [--noise 0.4] [--bias 0.4] [--seed 0]

fit       epochs of training, one after another
retrieve  b queries answered: scores, softmax and readout

Prints one JSON line: all times and their median in seconds, the least processor seconds (of all threads: a busy
machine changes them less), and a checksum of the answer, so that a fast wrong run shows: 10^6 times the mean over the
index k of v_k (k mod 97 + 1), v the loss of each epoch, or the readouts. Compilation, or some queries, come before
the timed runs.

With --npz the data are read from FILE: patterns [p, n], queries [b, n], query i made from pattern i mod p, and weights
[2, n] of distances and products; sizes are then the file's. Otherwise they are drawn from --seed: patterns uniform in
[-1, 1]; of queries, normal noise of variance --noise is added, int(n --mask) dimensions are set to uniform numbers, a
bias of fixed signs is added; weights are 1 for fit, uniform in [0, 2] for retrieve, where those of 1 add up to the same
without a sort.

The likenesses of a query x and a pattern y in each dimension, -(y - x)^2 and x y, are each sorted with the highest
first; a score is their product with weights w and a beta of each kind, the loss the mean cross entropy of the source.
Then comes the gradient of weights and betas, and Adam's step of 0.1.

What is learned comes after the sorting, so that no gradient goes through it: likenesses are made and sorted once a
block of queries, scored against all patterns, and then used for the gradient. [b, p, n] is never stored. All is in
single precision, on the CPU.

What was tried, in nanoseconds for a row of 64 sorted, on two cores of an AMD EPYC with AVX2 that others were using:
np.sort 160 to 180 in one thread (vectorised; 830 along the first axis); a bitonic network of minima and maxima of
halves in XLA 390 to 590, made by torch.compile 280 to 580 in one thread, eager in PyTorch 950; torch.sort 2700,
torch.topk 2400; jnp.sort 7300, lax.sort unstable 6500, lax.top_k 8000. An unrolled odd-even merge network took XLA 6600
and torch.compile 510, and a minute to compile. Hence the defaults of --sort: library for NumPy, network for the others.
PyTorch's own threads in place of a pool, and JAX's one device for all cores, were slower. PyTorch spends most of its
time on pages of fresh results: with MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ of 1 GB in the environment it
takes a third.
"""

import argparse
import functools
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

# Blocks of queries are what is parallel with NumPy; products of a block are too small for threads of their own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

RATE, DECAYS, EPSILON = 0.1, (0.9, 0.999), 1e-8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lib", choices=["numpy", "jax", "torch"])
    parser.add_argument("job", choices=["fit", "retrieve"])
    parser.add_argument("--sort", choices=["library", "network"])
    for name, default in dict(n=64, p=2048, b=2048, repeats=3, threads=os.cpu_count(), block=0, seed=0).items():
        parser.add_argument("--" + name, type=int, default=default)
    for name in ("mask", "noise", "bias"):
        parser.add_argument("--" + name, type=float, default=0.4)
    parser.add_argument("--npz")
    o = parser.parse_args()
    o.sort = o.sort or ("library" if o.lib == "numpy" else "network")
    return o


def draw(o):
    """Patterns, queries and weights as float32."""
    if o.npz:
        with np.load(o.npz) as file:
            patterns, queries, weights = (file[name] for name in ("patterns", "queries", "weights"))
        (o.p, o.n), o.b = patterns.shape, len(queries)
        return patterns, queries, weights
    random, shape = np.random.default_rng(o.seed), (o.b, o.n)
    patterns = random.uniform(-1, 1, (o.p, o.n)).astype(np.float32)
    queries = patterns[np.arange(o.b) % o.p] + np.float32(o.noise**0.5) * random.standard_normal(shape, np.float32)
    masked = random.permuted(np.arange(o.n) < int(o.mask * o.n) + np.zeros((o.b, 1)), axis=1)
    queries = np.where(masked, random.random(shape, np.float32) * 2 - 1, queries)
    queries = (queries + o.bias * random.choice([-1, 1], o.n)).astype(np.float32)
    weights = np.ones((2, o.n)) if o.job == "fit" else random.uniform(0, 2, (2, o.n))
    return patterns, queries, weights.astype(np.float32)


def start(weights):
    """Weights [kind, n] and betas [kind, 1]: of distances, then of products."""
    return [weights, np.ones((2, 1), np.float32)]


def adam(step, parameters, slopes, means, squares):
    """NumPy's and JAX's. The first step is 1."""
    first, second = DECAYS
    means = [first * mean + (1 - first) * slope for mean, slope in zip(means, slopes)]
    squares = [second * square + (1 - second) * slope * slope for square, slope in zip(squares, slopes)]
    parameters = [
        parameter - RATE * (mean / (1 - first**step)) / ((square / (1 - second**step)) ** 0.5 + EPSILON)
        for parameter, mean, square in zip(parameters, means, squares)
    ]
    return parameters, means, squares


def network(library, values):
    """Values [d, m] sorted along the first axis, lowest first: bitonic, by minima and maxima of halves."""
    d, m = values.shape
    size = 1 << (d - 1).bit_length()
    if size > d:
        values = library.concatenate([values, library.full((size - d, m), float("inf"), dtype=values.dtype)])
    stage = 2
    while stage <= size:
        step = stage
        while step > 1:
            low, high = library.moveaxis(values.reshape(size // step, 2, step // 2, m), 1, 0)
            high = library.flip(high, (1,)) if step == stage else high
            values = library.stack([library.minimum(low, high), library.maximum(low, high)], 1).reshape(size, m)
            step //= 2
        stage *= 2
    return values[:d]


class Numpy:
    """A thread for each core; each sorts the likenesses of one query at a time, which fit its cache."""

    version, device = np.__version__, "cpu"

    def __init__(self, o, patterns, weights):
        self.patterns, self.pool = patterns, ThreadPoolExecutor(o.threads)
        self.block = o.block or 32
        self.parameters, self.step = start(weights), 0
        self.means, self.squares = ([np.zeros_like(parameter) for parameter in self.parameters] for _ in range(2))

    def blocks(self, function, queries):
        return list(self.pool.map(lambda at: function(queries, at), range(0, len(queries), self.block)))

    def each(self, queries, at):
        """For each query of a block: its source, its likenesses, sorted, their signs changed, the patterns'
        probabilities, and its loss."""
        negated = np.empty((2, *self.patterns.shape), np.float32)
        weights, betas = self.parameters
        for query in range(at, min(at + self.block, len(queries))):
            np.subtract(self.patterns, queries[query], out=negated[0])
            np.square(negated[0], out=negated[0])
            np.multiply(self.patterns, -queries[query], out=negated[1])
            negated.sort(axis=-1)
            scores = -(negated[0] @ (betas[0] * weights[0]) + negated[1] @ (betas[1] * weights[1]))
            scores -= scores.max()
            shares = np.exp(scores)
            total, source = shares.sum(), query % len(self.patterns)
            yield source, negated, shares / total, np.log(total) - scores[source]

    def slopes(self, queries, at):
        loss, slope = 0.0, np.zeros((2, queries.shape[1]), np.float32)
        for source, negated, shares, cost in self.each(queries, at):
            loss += cost
            shares[source] -= 1
            slope -= shares @ negated
        return loss, slope

    def fit(self, queries):
        losses, slopes = zip(*self.blocks(self.slopes, queries))
        slope, (weights, betas) = sum(slopes) / len(queries), self.parameters
        slopes = [betas * slope, (weights * slope).sum(axis=1, keepdims=True)]
        self.step += 1
        self.parameters, self.means, self.squares = adam(
            self.step, self.parameters, slopes, self.means, self.squares
        )
        return sum(losses) / len(queries)

    def readouts(self, queries, at):
        return np.stack([shares @ self.patterns for _, _, shares, _ in self.each(queries, at)])

    def retrieve(self, queries):
        return np.concatenate(self.blocks(self.readouts, queries))

    def warm(self, queries):
        self.blocks(self.slopes, queries[: 8 * self.block])


class Jax:
    """Jitted; a device for each core, so that blocks of queries are parallel: XLA sorts in one thread."""

    def __init__(self, o, patterns, weights):
        import jax
        import jax.numpy as jnp
        from jax.sharding import PartitionSpec as P

        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_num_cpu_devices", o.threads)
        self.version, self.device, self.jax = jax.__version__, jax.default_backend(), jax
        self.job, (n, d) = o.job, patterns.shape
        chunk = min(n, o.block or 256)
        assert n % chunk == 0 and o.b % o.threads == 0, f"p must be a multiple of {chunk}, b of {o.threads}"
        # [chunk of patterns, d, pattern]
        columns = jnp.asarray(patterns.reshape(-1, chunk, d).swapaxes(1, 2))

        def order(values):
            return network(jnp, values) if o.sort == "network" else jnp.sort(values, axis=0)

        def likenesses(query):
            """Negated, sorted: [chunk of patterns, kind, d, pattern]."""

            def of_chunk(columns):
                query_column = query[:, None]
                return jnp.stack([order((columns - query_column) ** 2), order(-columns * query_column)])

            return jax.lax.map(of_chunk, columns)

        def scores(parameters, negated):
            weights, betas = parameters
            return -jnp.einsum("kd,ckdm->cm", betas * weights, negated).reshape(-1)

        def loss(parameters, negated, source):
            return -jax.nn.log_softmax(scores(parameters, negated))[source]

        def slopes(parameters, queries, sources):
            def add(sums, of):
                query, source = of
                found = jax.value_and_grad(loss)(parameters, likenesses(query), source)
                return jax.tree.map(jnp.add, sums, found), None

            zeros = (jnp.float32(0), [jnp.zeros_like(parameter) for parameter in parameters])
            sums, _ = jax.lax.scan(add, zeros, (queries, sources))
            return jax.tree.map(lambda sum: jax.lax.psum(sum, "cores") / o.b, sums)

        def readouts(parameters, queries):
            return jax.lax.map(
                lambda query: jax.nn.softmax(scores(parameters, likenesses(query))) @ patterns, queries
            )

        mesh = jax.make_mesh((o.threads,), ("cores",), axis_types=(jax.sharding.AxisType.Auto,))
        share = functools.partial(jax.shard_map, mesh=mesh, check_vma=False)
        spread = share(slopes, in_specs=(P(), P("cores"), P("cores")), out_specs=P())

        @jax.jit
        def fit(step, state, queries):
            loss, slopes = spread(state[0], queries, jnp.arange(o.b) % n)
            return loss, adam(step, state[0], slopes, state[1], state[2])

        self.jitted_fit = fit
        self.jitted_retrieve = jax.jit(share(readouts, in_specs=(P(), P("cores")), out_specs=P("cores")))
        parameters = [jnp.asarray(parameter) for parameter in start(weights)]
        zeros = [jnp.zeros_like(parameter) for parameter in parameters]
        self.state, self.step = (parameters, zeros, zeros), 0
        self.state = jax.device_put(self.state, jax.sharding.NamedSharding(mesh, P()))
        self.spread = jax.sharding.NamedSharding(mesh, P("cores"))

    def fit(self, queries):
        self.step += 1
        loss, self.state = self.jitted_fit(np.int32(self.step), self.state, self.put(queries))
        return float(loss)

    def retrieve(self, queries):
        return np.asarray(self.jitted_retrieve(self.state[0], self.put(queries)))

    def put(self, queries):
        return self.jax.device_put(queries, self.spread)

    def warm(self, queries):
        queries = self.put(queries)
        if self.job == "fit":
            self.jitted_fit = self.jitted_fit.lower(np.int32(1), self.state, queries).compile()
        else:
            self.jitted_retrieve = self.jitted_retrieve.lower(self.state[0], queries).compile()


class Torch:
    """A thread for each core, as with NumPy; autograd after the sorting, which torch.compile makes of the network."""

    device = "cpu"

    def __init__(self, o, patterns, weights):
        import torch

        torch.set_num_threads(1)
        self.torch, self.version = torch, torch.__version__
        self.pool = ThreadPoolExecutor(o.threads, initializer=torch.set_num_threads, initargs=(1,))
        self.patterns, self.block = torch.tensor(patterns), o.block or 32
        self.parameters = [torch.tensor(parameter, requires_grad=True) for parameter in start(weights)]
        self.adam = torch.optim.Adam(self.parameters, lr=RATE, betas=DECAYS, eps=EPSILON)
        columns = self.patterns.T.contiguous()

        def by_network(query):
            column = query[:, None]
            return network(torch, (columns - column) ** 2), network(torch, -columns * column)

        def by_library(query):
            return [torch.sort(kind).values.T for kind in ((self.patterns - query) ** 2, -self.patterns * query)]

        self.likenesses = torch.compile(by_network, dynamic=False) if o.sort == "network" else by_library

    def scores(self, query):
        with self.torch.no_grad():
            negated = self.likenesses(query)
        weights, betas = self.parameters
        return -sum(c @ kind for c, kind in zip(betas * weights, negated))

    def slopes(self, queries, at):
        loss, slopes = 0.0, 0
        for query in range(at, min(at + self.block, len(queries))):
            cost = -self.scores(queries[query]).log_softmax(0)[query % len(self.patterns)]
            found = self.torch.autograd.grad(cost, self.parameters)
            loss, slopes = loss + cost.item(), [slope + more for slope, more in zip(slopes or (0, 0), found)]
        return loss, slopes

    def blocks(self, function, queries):
        queries = self.torch.from_numpy(queries)
        return list(self.pool.map(lambda at: function(queries, at), range(0, len(queries), self.block)))

    def fit(self, queries):
        losses, slopes = zip(*self.blocks(self.slopes, queries))
        for parameter, slope in zip(self.parameters, zip(*slopes)):
            parameter.grad = sum(slope) / len(queries)
        self.adam.step()
        return sum(losses) / len(queries)

    def readouts(self, queries, at):
        with self.torch.no_grad():
            block = queries[at : at + self.block]
            return self.torch.stack([self.scores(query).softmax(0) for query in block]) @ self.patterns

    def retrieve(self, queries):
        return self.torch.cat(self.blocks(self.readouts, queries)).numpy()

    def warm(self, queries):
        self.slopes(self.torch.from_numpy(queries[:1]), 0)
        self.retrieve(queries[: 2 * self.block])


def timed(function, queries):
    """What it returns, and its wall and processor seconds."""
    began = time.perf_counter(), time.process_time()
    value = function(queries)
    return value, (time.perf_counter() - began[0], time.process_time() - began[1])


def checksum(values):
    values = np.asarray(values, np.float64).ravel()
    return float(np.rint(1e6 * np.mean(values * (np.arange(values.size) % 97 + 1))))


def main():
    o = arguments()
    patterns, queries, weights = draw(o)
    peer = {"numpy": Numpy, "jax": Jax, "torch": Torch}[o.lib](o, patterns, weights)
    peer.warm(queries)
    run = {"fit": peer.fit, "retrieve": peer.retrieve}[o.job]
    values, seconds = zip(*(timed(run, queries) for _ in range(o.repeats)))
    wall, processor = zip(*seconds)
    result = dict(
        lib=o.lib,
        job=o.job,
        version=peer.version,
        device=peer.device,
        sort=o.sort,
        threads=o.threads,
        n=o.n,
        p=o.p,
        b=o.b,
        median_s=float(np.median(wall)),
        times_s=wall,
        processor_s=min(processor),
        checksum=checksum(values if o.job == "fit" else values[-1]),
    )
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
