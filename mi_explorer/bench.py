"""How fast this machine trains critics, beside a plain training loop and torch_mist, measured in turns.

Counted are training steps per critic and per CPU-second on one thread: x and y 20-d at 4 nats, K = 64, two hidden layers
of 256, embedding 32, Adam 5e-4, InfoNCE. Ours is the engine as it is, its estimates on fresh samples included.
"""

from __future__ import annotations

__all__ = ["print_table"]

import math
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mi_explorer import Experiment, Gaussian
from mi_explorer.estimators.timing import time_ksg
from mi_explorer.training import run

DIM, MI, K, WIDTH, EMBEDDING, RATE = 20, 4.0, 64, 256, 32, 5e-4
PROBLEM = Gaussian.from_mi(MI, dim=DIM)
Burst = Callable[[float], float]  # seconds of CPU time to spend -> steps per critic and CPU-second


@dataclass(frozen=True)
class Row:
    """One line of the table: our settings, and the ratios to reach against the plain loop and torch_mist."""

    critic: str
    replicates: int
    precision: str
    targets: tuple[float, float]


ROWS = (
    Row("separable", 16, "exact", (2.3, 4.5)),
    Row("separable", 16, "fast", (3.5, 7.0)),
    Row("joint", 1, "exact", (1.4, 1.6)),
    Row("joint", 1, "fast", (3.0, 3.5)),
)


def burst(step: Callable[[], object], critics: int = 1) -> Burst:
    def spend(seconds: float) -> float:
        began, steps = time.process_time(), 0
        while time.process_time() - began < seconds:
            step()
            steps += 1
        return steps * critics / (time.process_time() - began)

    return spend


def ours(row: Row) -> Burst:
    experiment = Experiment(
        distribution=PROBLEM, bounds=("infonce",), critic=row.critic, width=WIDTH, batch_size=K, learning_rate=RATE,
        steps=1_000_000, replicates=row.replicates, precision=row.precision, device="cpu",
    )
    steps = run(experiment)
    return burst(lambda: next(steps), row.replicates)


def plain(kind: str) -> Burst:
    """One critic, trained the obvious way."""

    def network(inputs: int, outputs: int) -> nn.Module:
        return nn.Sequential(
            nn.Linear(inputs, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, outputs)
        )

    noise = math.sqrt(1 - PROBLEM.correlation**2)
    joint = network(2 * DIM, 1)
    of_x, of_y = network(DIM, EMBEDDING), network(DIM, EMBEDDING)
    used = joint.parameters() if kind == "joint" else [*of_x.parameters(), *of_y.parameters()]
    optimiser = torch.optim.Adam(used, lr=RATE)

    def step() -> None:
        x = torch.randn(K, DIM)
        y = PROBLEM.correlation * x + noise * torch.randn(K, DIM)
        if kind == "joint":
            pairs = torch.cat([x[:, None].expand(K, K, DIM), y[None].expand(K, K, DIM)], -1)
            scores = joint(pairs.reshape(K * K, 2 * DIM)).view(K, K)
        else:
            scores = of_x(x) @ of_y(y).T
        loss = nn.functional.cross_entropy(scores, torch.arange(K)) - math.log(K)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return burst(step)


def products(row: Row) -> Burst:
    """Nothing but the matrix products of a training step, of the same shapes and precision, into memory that is there:
    what a training step of any kind could not beat on this machine with these libraries."""
    dtype = torch.bfloat16 if row.precision == "fast" else torch.float32
    rows, layers = (K * K, [(WIDTH, WIDTH)]) if row.critic == "joint" else (K, [(DIM, WIDTH), (WIDTH, WIDTH), (WIDTH, EMBEDDING)])
    towers = 1 if row.critic == "joint" else 2  # the joint critic's other layers are small beside its one over all pairs
    batch = row.replicates

    def block(*shape: int) -> torch.Tensor:
        return torch.randn(batch, *shape).to(dtype)

    work = [
        (block(rows, a), block(a, b), block(rows, b), block(rows, b), block(a, b), block(rows, a), a == DIM)
        for _ in range(towers) for a, b in layers
    ]

    def step() -> None:
        for inputs, weight, outputs, *_ in work:
            torch.bmm(inputs, weight, out=outputs)
        for inputs, weight, _, gradient, of_weight, of_inputs, first in work:
            torch.bmm(inputs.mT, gradient, out=of_weight)
            if not first:  # nobody asks for the gradient of the data
                torch.bmm(gradient, weight.mT, out=of_inputs)

    return burst(step, batch)


def torch_mist(kind: str, python: str) -> Burst:
    arguments = [kind, DIM, PROBLEM.correlation, K, WIDTH, EMBEDDING, RATE]
    process = subprocess.Popen(
        [python, str(Path(__file__).with_name("bench_peer.py")), *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )

    def spend(seconds: float) -> float:
        process.stdin.write(f"{seconds}\n")
        process.stdin.flush()
        steps, spent = process.stdout.readline().split()
        return float(steps) / float(spent)

    return spend


def flops(kind: str) -> float:
    """Floating-point operations of the matrix products in one training step of one critic: forward, and twice backward."""
    if kind == "joint":  # the first layer is split: K rows of x and of y, not K^2 pairs
        forward = 2 * K * DIM * WIDTH + K * K * (WIDTH * WIDTH + WIDTH)
    else:
        forward = 2 * K * (DIM * WIDTH + WIDTH * WIDTH + WIDTH * EMBEDDING) + K * K * EMBEDDING
    return 3 * 2 * forward


def peak(dtype: torch.dtype) -> float:
    """The best of ten products of 1024 x 1024 matrices, in GFLOP/s."""
    a, b = torch.randn(2, 1024, 1024).to(dtype)
    best = math.inf
    for _ in range(10):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * 1024**3 / best / 1e9


def processor() -> tuple[str, bool]:
    """Its name, and whether it has matrix units for bf16 (which the targets of the fast rows presuppose)."""
    try:
        facts = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine(), False
    names = [line.partition(":")[2].strip() for line in facts.splitlines() if line.startswith("model name")]
    return (names or [platform.machine()])[0], "amx_bf16" in facts


def measure(row: Row, rounds: int, seconds: float, python: str | None) -> list[list[float]]:
    """Rates of ours, the products alone, the plain loop and torch_mist (if any), a list of rounds each; they take turns."""
    contenders = [ours(row), products(row), plain(row.critic), *([torch_mist(row.critic, python)] if python else [])]
    for contender in contenders:
        contender(seconds / 2)  # caches, allocators
    return [list(rates) for rates in zip(*([spend(seconds) for spend in contenders] for _ in range(rounds)))]


def against(rates: list[float], others: list[float] | None, target: float | None) -> str:
    if others is None:
        return "–"
    ratios = [rate / other for rate, other in zip(rates, others)]
    shown = f"{statistics.median(ratios):.2f}× ({min(ratios):.2f}–{max(ratios):.2f})"
    return shown + (f", to reach {target:g}" if target else "")


def print_table(python: str | None = None, quick: bool = False) -> None:
    """Measure and print the table; ``python`` is the interpreter of an environment with torch_mist 0.2.17 and pandas."""
    rounds, seconds = (3, 1.0) if quick else (7, 4.0)

    torch.set_num_threads(1)
    name, matrix_units = processor()
    peaks = {"exact": peak(torch.float32), "fast": peak(torch.bfloat16)}
    print(f"{name}, {'with' if matrix_units else 'without'} bf16 matrix units; PyTorch {torch.__version__}, one thread.")
    print(f"Largest matrix product: {peaks['exact']:.0f} GFLOP/s in float32, {peaks['fast']:.0f} in bf16.")
    print(f"Medians of {rounds} rounds of {seconds:g} CPU-seconds, in turns (smallest–largest).\n")
    print("| InfoNCE, 20 + 20-d, K = 64 | steps per critic and CPU-second | vs plain loop | products alone vs plain loop | vs torch_mist | GFLOP/s |")
    print("|---|---|---|---|---|---|")
    for row in ROWS:
        rates, alone, *others = measure(row, rounds, seconds, python)
        targets = row.targets if row.precision == "exact" or matrix_units else (None, None)
        cells = [against(rates, other, target) for other, target in zip([*others, None], targets)]
        rate = statistics.median(rates)
        label = f"{row.critic}, {row.replicates} replicate{'s' * (row.replicates > 1)}, {row.precision}"
        done = f"{rate * flops(row.critic) / 1e9:.0f} of {peaks[row.precision]:.0f}"
        print(f"| {label} | {rate:.0f} | {cells[0]} | {against(alone, others[0], None)} | {cells[1]} | {done} |", flush=True)

    ksg = time_ksg()
    print(
        f"\nKSG, 10,000 points in 5 + 5 dimensions, checks and standard error included: {ksg['ksg1']:.2f} CPU-seconds, "
        f"{ksg['ratio']:.2f}× the time of plain scikit-learn in the same run; at most 1.3 is to be reached."
    )
