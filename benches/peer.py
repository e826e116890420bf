#!/usr/bin/env python3
"""What a user would run instead: the same recall step and the same KLR training in NumPy, JAX or PyTorch.

    peer.py {numpy,jax,torch} {recall,train,sgemm}
            [--n 100] [--p 1600] [--b 8000] [--updates 50] [--nets 1] [--gamma 0.02] [--repeats 5] [--seed 0]
            [--device cpu|cuda] [--tf32] [--half] [--npz FILE]

Prints one JSON line: median and all times in seconds, the useful arithmetic rate (only the matrix products with the dual
are counted: 2 b p n for a recall step, 4 p^2 n for an update, of each network; 2 n^3 for sgemm), and a checksum of the
answer, so that a fast wrong run shows. Two runs warm up before the timed ones.

recall  one synchronous step of b cues
train   full gradient descent from a dual of zeros; every key is to answer with the next, the last with the first
sgemm   a product of two n x n matrices in single precision: the ceiling of the library on this device

With --npz the data are read from FILE: keys [p, n], alpha [p, n] and cues [b, n], each with an axis of networks in front
if there are several; sizes are then the file's. Otherwise they are drawn from --seed.

The code is the idiomatic vectorised form; torch and jax are compiled where that is the normal habit. The checksum is the
sum over the flat index k of sign(v_k) (k mod 97 + 1), v the next states or the dual.
"""

import argparse
import json
import time

import numpy as np

LEARNING_RATE, REGULARIZATION = 0.1, 0.01


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lib", choices=["numpy", "jax", "torch"])
    parser.add_argument("job", choices=["recall", "train", "sgemm"])
    for name, default in dict(n=100, p=1600, b=8000, updates=50, nets=1, repeats=5, seed=0).items():
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--gamma", type=float, default=0.02)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--npz")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--half", action="store_true")
    return parser.parse_args()


def draw(o):
    """Keys, alpha and cues as float32; with an axis of networks in front if there are several."""
    if o.npz:
        with np.load(o.npz) as file:
            keys, alpha, cues = (file[name].astype(np.float32) for name in ("keys", "alpha", "cues"))
        (o.p, o.n), o.b = keys.shape[-2:], cues.shape[-2]
        o.nets = keys.shape[0] if keys.ndim == 3 else 1
        return keys, alpha, cues
    random = np.random.default_rng(o.seed)
    nets = () if o.nets == 1 else (o.nets,)

    def bipolar(rows):
        return np.where(random.random((*nets, rows, o.n)) < 0.5, -1, 1).astype(np.float32)

    keys, cues = bipolar(o.p), bipolar(o.b)
    alpha = random.standard_normal((*nets, o.p, o.n)).astype(np.float32)
    return keys, alpha, cues


def transposed(x):
    """The last two axes exchanged: the same for NumPy, JAX and PyTorch."""
    return x.swapaxes(-1, -2)


class Numpy:
    """np.matmul over the leading axis calls BLAS once a network, as a loop over them would."""

    device = "cpu"

    def __init__(self, o, keys, alpha, cues):
        self.o, self.keys, self.alpha, self.cues = o, keys, alpha, cues
        self.targets = np.roll(keys, -1, -2)
        self.rate = np.float32(2 * o.gamma)

    def kernel(self, x):
        return np.exp(-self.rate * (self.o.n - x @ transposed(self.keys)))

    def recall(self):
        return np.where(self.kernel(self.cues) @ self.alpha >= 0, 1, -1)

    def train(self):
        kernel, targets = self.kernel(self.keys), (self.targets + 1) / 2
        dual = np.zeros_like(self.keys)
        for _ in range(self.o.updates):
            residual = 1 / (1 + np.exp(-(kernel @ dual))) - targets + np.float32(REGULARIZATION) * dual
            dual -= np.float32(LEARNING_RATE) * (kernel @ residual)
        return dual

    def sgemm(self):
        return self.left @ self.right

    def factors(self, left, right):
        self.left, self.right = left, right

    def wait(self, value):
        return value

    def host(self, value):
        return value


class Jax:
    """Jitted functions of one network, vmapped where there are several."""

    def __init__(self, o, keys, alpha, cues):
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp
        self.device = jax.default_backend()
        self.keys, self.alpha, self.cues = map(jnp.asarray, (keys, alpha, cues))
        self.targets = jnp.asarray(np.roll(keys, -1, -2))
        n, rate, updates = o.n, np.float32(2 * o.gamma), o.updates

        def recall(cues, keys, alpha):
            return jnp.where(jnp.exp(-rate * (n - cues @ keys.T)) @ alpha >= 0, 1, -1).astype(jnp.int8)

        def train(keys, targets):
            kernel, targets = jnp.exp(-rate * (n - keys @ keys.T)), (targets + 1) / 2

            def update(_, dual):
                residual = jax.nn.sigmoid(kernel @ dual) - targets + REGULARIZATION * dual
                return dual - LEARNING_RATE * (kernel @ residual)

            return jax.lax.fori_loop(0, updates, update, jnp.zeros_like(keys))

        several = jax.vmap if o.nets > 1 else lambda function: function
        self.jitted_recall, self.jitted_train = jax.jit(several(recall)), jax.jit(several(train))
        self.jitted_product = jax.jit(jnp.matmul)

    def recall(self):
        return self.jitted_recall(self.cues, self.keys, self.alpha)

    def train(self):
        return self.jitted_train(self.keys, self.targets)

    def sgemm(self):
        return self.jitted_product(self.left, self.right)

    def factors(self, left, right):
        self.left, self.right = self.jnp.asarray(left), self.jnp.asarray(right)

    def wait(self, value):
        return value.block_until_ready()

    def host(self, value):
        return np.asarray(value)


class Torch:
    """Eager on the CPU, compiled on a GPU; several networks are one batched product (bmm)."""

    def __init__(self, o, keys, alpha, cues):
        import torch

        self.o, self.torch, self.device = o, torch, o.device
        torch.backends.cuda.matmul.allow_tf32 = o.tf32
        self.keys, self.alpha, self.cues, self.targets = (
            self.tensor(values) for values in (keys, alpha, cues, np.roll(keys, -1, -2))
        )
        n, gamma = o.n, o.gamma

        def recall(cues, keys, alpha):
            return torch.where(torch.exp(-2 * gamma * (n - cues @ transposed(keys))) @ alpha >= 0, 1, -1).to(torch.int8)

        def update(kernel, dual, targets):
            residual = torch.sigmoid(kernel @ dual) - targets + REGULARIZATION * dual
            return dual - LEARNING_RATE * (kernel @ residual)

        compiled = torch.compile if o.device != "cpu" else lambda function: function
        self.step, self.update = compiled(recall), compiled(update)

    def tensor(self, values):
        dtype = self.torch.float16 if self.o.half else self.torch.float32
        return self.torch.tensor(values, device=self.o.device, dtype=dtype)

    def recall(self):
        return self.step(self.cues, self.keys, self.alpha)

    def train(self):
        kernel = self.torch.exp(-2 * self.o.gamma * (self.o.n - self.keys @ transposed(self.keys)))
        targets, dual = (self.targets + 1) / 2, self.torch.zeros_like(self.keys)
        for _ in range(self.o.updates):
            dual = self.update(kernel, dual, targets)
        return dual

    def sgemm(self):
        return self.left @ self.right

    def factors(self, left, right):
        self.left, self.right = self.tensor(left), self.tensor(right)

    def wait(self, value):
        if self.o.device != "cpu":
            self.torch.cuda.synchronize()
        return value

    def host(self, value):
        return value.detach().cpu().float().numpy()


def checksum(value):
    value = np.asarray(value, dtype=np.float64)
    return float(np.sum(np.sign(value) * ((np.arange(value.size).reshape(value.shape) % 97) + 1)))


def main():
    o = arguments()
    if o.job == "sgemm":
        # The libraries are set up on the smallest of questions; only the factors matter.
        random = np.random.default_rng(o.seed)
        factors = (random.standard_normal((o.n, o.n)).astype(np.float32) for _ in range(2))
        one = np.ones((1, 1), np.float32)
        data = one, one, one
    else:
        data = draw(o)
    peer = {"numpy": Numpy, "jax": Jax, "torch": Torch}[o.lib](o, *data)
    if o.job == "sgemm":
        peer.factors(*factors)
    run = {"recall": peer.recall, "train": peer.train, "sgemm": peer.sgemm}[o.job]
    for _ in range(2):
        peer.wait(run())
    times = []
    for _ in range(o.repeats):
        start = time.perf_counter()
        value = peer.wait(run())
        times.append(time.perf_counter() - start)
    median = float(np.median(times))
    useful = {
        "recall": 2 * o.nets * o.b * o.p * o.n,
        "train": 4 * o.nets * o.p * o.p * o.n * o.updates,
        "sgemm": 2 * o.n**3,
    }[o.job]
    result = dict(
        lib=o.lib,
        job=o.job,
        device=peer.device,
        tf32=o.tf32,
        half=o.half,
        n=o.n,
        p=o.p,
        b=o.b,
        nets=o.nets,
        updates=o.updates,
        median_s=median,
        times_s=times,
        gflops=useful / median / 1e9,
        trial_steps_per_s=o.nets * o.b / median if o.job == "recall" else None,
        checksum=None if o.job == "sgemm" else checksum(peer.host(value)),
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
