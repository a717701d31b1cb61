"""The engine: many critics and densities, of several bounds and replicates, trained in one batched step on the same
samples.

    for progress in run(experiment):
        print(progress.step, progress.estimates)

``run`` is a generator: whoever iterates can pause, stop or look, and may send a change between two steps.
"""

from __future__ import annotations

__all__ = ["run"]

import functools
import hashlib
import io
import math
from collections.abc import Callable, Generator

import numpy as np
import torch

from mi_explorer import critics, densities
from mi_explorer.bounds import Bound, Extras, bounds, log_mean_exp_off_diagonal, off_diagonal
from mi_explorer.distributions import Distribution
from mi_explorer.experiment import Experiment
from mi_explorer.parameters import ParameterError
from mi_explorer.result import Ending, Evaluation, Look, Progress

AVERAGE_RATE = 0.01  # of MINE's moving average (Belghazi et al. 2018, their code)
FRESH_BATCHES = 8  # per estimate on fresh samples
FINAL_BATCHES, FINAL_PAIRS = 64, 4096  # the last of a level takes more, within reason: no run can be stopped amid one
RUNAWAY = 1e3  # nats: no toy problem here is near
PATIENCE = 10  # steps in a row beyond RUNAWAY end a curve: one wild batch does not
BLOCKS_OF_A_LOOK, BLOCK, GRID_OF_A_LOOK = 8, 64, 41


def run(experiment: Experiment, *, threads: int = 1, since: bytes | None = None) -> Generator[Progress, dict | None, None]:
    """Carry out an experiment, one ``Progress`` per training step.

    Change something between two steps by sending it: ``steps.send({"batch_size": 128})``. What may change is said in
    ``Experiment.changes``; the progress that follows carries the experiment with the change written into it. That
    experiment alone gives the same curves again, and the same fresh estimates but one: at the step before a planned
    change more batches are drawn, for the last estimate of a level, and nobody plans a change that is sent.

    The same seed on the same device gives the same curves. Every bound sees the same batches and starts from the same
    weights, so that its curve does not depend on the bounds beside it; the number of replicates is part of the draw.

    Torch computes on one thread, where these sizes are fastest on a busy machine; ``threads`` sets another number.
    ``since``, from ``Progress.save()`` of the same experiment, goes on behind that step with the same numbers as if it had
    never been interrupted; it is unpickled, so take it from nobody else.

    Raises:
        ParameterError: the experiment asks for cuda where there is none, or a change that is not allowed.
    """
    device = device_of(experiment)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainer = Trainer(experiment, device)
        done = trainer.restore(since) if since else 0
        for step in range(done + 1, experiment.steps + 1):
            change = yield trainer.advance(step)
            if change:
                trainer.experiment = trainer.experiment.with_change(step, **change)
    finally:
        torch.set_num_threads(before)


def device_of(experiment: Experiment) -> torch.device:
    available = torch.cuda.is_available()
    if experiment.device == "cuda" and not available:
        raise ParameterError("device", "cuda", "'cpu' or 'auto' on this machine: PyTorch finds no CUDA device here")
    return torch.device("cuda" if available and experiment.device != "cpu" else "cpu")


def stream(experiment: Experiment, name: str, device: torch.device) -> torch.Generator:
    """A generator of its own for every purpose: evaluating or looking more often must not change what others see."""
    digest = hashlib.sha256(f"{experiment.seed}/{name}".encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:7], "big"))


def alike(make: Callable[[tuple[int, ...]], torch.nn.Module], count: int, replicates: int) -> torch.nn.Module:
    """A module with replicates (count, replicates) whose first axis starts from the same weights throughout: a
    replicate sets out from one place under every bound, and from the same one whatever bounds stand beside it."""
    start = make((1, replicates)).state_dict()
    module = make((count, replicates))
    module.load_state_dict({name: values.expand(count, *values.shape[1:]) for name, values in start.items()})
    return module


class Trainer:
    """The state of a run: critics, optimiser, random streams, moving averages, endings."""

    def __init__(self, experiment: Experiment, device: torch.device):
        self.experiment = experiment
        self.device = device
        self.bounds = [bounds[name] for name in experiment.bounds]
        self.train_stream = self.stream("train")

        # Bounds that train alike (SMILE with several clips, JS) share one critic and differ in how they read it.
        ways = list(dict.fromkeys(bound.training for bound in self.bounds))
        self.way_of_bound = [ways.index(bound.training) for bound in self.bounds]
        self.representatives = [self.bounds[self.way_of_bound.index(way)] for way in range(len(ways))]

        # One module for all ways that need a critic of the same kind, and one for each kind of learned baseline.
        self.critics = self.grouped(self.new_critic, [bound.density for bound in self.representatives])
        self.baselines = self.grouped(self.new_baseline, [
            (bound.baseline, bound.density) if bound.baseline not in ("", "p(y)") else None for bound in self.representatives
        ])
        self.told_density = [way for way, bound in enumerate(self.representatives) if bound.baseline == "p(y)"]
        self.all_pairs = {bound.density for bound in self.bounds if not bound.paired}
        self.modules = torch.nn.ModuleList([module for _, module in [*self.critics.values(), *self.baselines.values()]])
        self.optimiser = torch.optim.Adam(self.modules.parameters(), lr=experiment.learning_rate, fused=True)

        self.log_averages = [None] * len(ways)
        self.beyond = np.zeros((len(self.bounds), experiment.replicates), int)
        self.endings: list[Ending] = []
        self.ended = np.zeros((len(self.bounds), experiment.replicates), bool)
        self.level = experiment.at(0)

    def grouped(self, make: Callable, kinds: list) -> dict[object, tuple[list[int], torch.nn.Module]]:
        """For every kind but None the ways of that kind, and one module for all of them."""
        groups = {}
        for kind in dict.fromkeys(kind for kind in kinds if kind is not None):
            ways = [way for way, one in enumerate(kinds) if one == kind]
            groups[kind] = ways, alike(functools.partial(make, kind), len(ways), self.experiment.replicates)
        return groups

    def new_critic(self, density: str, replicates: tuple[int, ...]) -> critics.Critic:
        e = self.experiment
        if density:
            return densities.make(
                density, e.distribution.dim_x, e.distribution.dim_y, width=e.width, replicates=replicates,
                precision=e.precision, generator=stream(e, f"initial density {density}", self.device),
            )
        hidden = {} if e.critic == "bilinear" else {"width": e.width}
        return critics.make(
            e.critic, e.distribution.dim_x, e.distribution.dim_y, **hidden,
            replicates=replicates, precision=e.precision, generator=stream(e, "initial weights", self.device),
        )

    def new_baseline(self, kind: tuple[str, str], replicates: tuple[int, ...]) -> critics.Baseline | densities.Marginal:
        e, (uses, density) = self.experiment, kind
        if uses == "q(y)":
            return densities.Marginal(
                density, e.distribution.dim_y, width=e.width, replicates=replicates,
                generator=stream(e, f"initial marginal {density}", self.device),
            )
        return critics.Baseline(
            e.distribution.dim_x, e.distribution.dim_y, uses=uses, width=e.width,
            replicates=replicates, generator=stream(e, f"initial baseline of {uses}", self.device),
        )

    # -- samples: what ``sweeps.together`` draws for several experiments at once ------------------------------------------

    def stream(self, name: str) -> torch.Generator:
        return stream(self.experiment, name, self.device)

    def sample(self, level: Experiment, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """A batch for every replicate: x (R, K, dim_x) and y (R, K, dim_y)."""
        return level.distribution.sample(level.batch_size, replicates=level.replicates, generator=generator)

    def truth(self, level: Experiment, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The perfect critic's scores (R, K, K) of that batch."""
        return level.distribution.log_ratio_matrix(x, y)

    # -- one step ------------------------------------------------------------------------------------------------------

    def advance(self, step: int) -> Progress:
        level = self.experiment.at(step - 1)
        if level != self.level:
            self.enter(level)
        x, y = self.sample(level, self.train_stream)
        scores, extras = self.forward(x, y)
        self.update_averages(scores, extras)
        losses = [bound.loss(scores[way], extras[way]) for way, bound in enumerate(self.representatives)]
        estimates = self.training_estimates(losses, scores, extras).cpu().numpy()
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(losses).sum().backward()
        self.optimiser.step()

        self.end_runaways(step, estimates)
        evaluation = None
        last = step == self.experiment.steps or step in self.experiment.level_starts()
        if last or step == 1 or step % self.experiment.evaluate_every == 0:
            final = min(FINAL_BATCHES, max(FRESH_BATCHES, FINAL_PAIRS // level.batch_size))
            evaluation = self.evaluate(step, level, final if last else FRESH_BATCHES)
        estimates = np.where(self.ended, np.nan, estimates).astype(np.float32)
        return Progress(
            step, estimates, self.experiment, evaluation, tuple(self.endings), lambda: self.look(step, level), lambda: self.save(step)
        )

    def enter(self, level: Experiment) -> None:
        """A parameter has changed: the critics stay, MINE's average belongs to the old problem and goes."""
        self.level = level
        self.log_averages = [None] * len(self.representatives)
        for group in self.optimiser.param_groups:
            group["lr"] = level.learning_rate

    def save(self, step: int) -> bytes:
        """Everything that the steps after this one depend on, the experiment apart."""
        state = {
            "step": step, "modules": self.modules.state_dict(), "optimiser": self.optimiser.state_dict(),
            "stream": self.train_stream.get_state(), "log_averages": self.log_averages, "beyond": self.beyond,
            "endings": self.endings, "ended": self.ended,
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        return buffer.getvalue()

    def restore(self, saved: bytes) -> int:
        """Be as after the step that was saved, whose number is returned."""
        state = torch.load(io.BytesIO(saved), map_location=self.device, weights_only=False)
        self.modules.load_state_dict(state["modules"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.train_stream.set_state(state["stream"].cpu())
        self.log_averages, self.beyond, self.endings, self.ended = (
            state[name] for name in ("log_averages", "beyond", "endings", "ended")
        )
        self.level = self.experiment.at(state["step"] - 1)
        return state["step"]

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[list[torch.Tensor], list[Extras]]:
        """For every way its scores (R, K, K) and what goes with them."""
        scores = [x] * len(self.representatives)
        for density, (ways, critic) in self.critics.items():
            for way, values in zip(ways, self.density_scores(density, critic, x, y) if density else critic(x, y)):
                scores[way] = values
        extras = [Extras(log_average=average) for average in self.log_averages]
        for ways, baseline in self.baselines.values():
            for way, values in zip(ways, baseline(x, y)):
                extras[way] = extras[way]._replace(baseline=values)
        for way in self.told_density:
            known = self.level.distribution.log_density_y(y).to(scores[way].dtype)
            extras[way] = extras[way]._replace(baseline=known)
        return scores, extras

    def density_scores(self, name: str, density: densities.Density, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """log q(y_j | x_i), (ways, R, K, K), with a gradient through the diagonal only: likelihood asks for no more, and
        where no bound reads the rest, it is not computed at all."""
        pairs = density.paired(x, y)
        here = torch.eye(pairs.shape[-1], dtype=torch.bool, device=pairs.device)
        with torch.no_grad():
            others = density(x, y) if name in self.all_pairs else pairs.new_full((*pairs.shape, here.shape[-1]), math.nan)
        return torch.diag_embed(pairs) + others.masked_fill(here, 0)

    def update_averages(self, scores: list[torch.Tensor], extras: list[Extras]) -> None:
        for way, bound in enumerate(self.representatives):
            if not bound.moving_average:
                continue
            now = log_mean_exp_off_diagonal(scores[way].detach())
            old = self.log_averages[way]
            if old is not None:
                now = torch.logaddexp(old + math.log1p(-AVERAGE_RATE), now + math.log(AVERAGE_RATE))
            self.log_averages[way] = now
            extras[way] = extras[way]._replace(log_average=now)

    def estimates(self, scores: list[torch.Tensor], extras: list[Extras]) -> torch.Tensor:
        """(bounds, R) from the scores of all ways."""
        return torch.stack([bound.estimate(scores[w], extras[w]) for bound, w in zip(self.bounds, self.way_of_bound)])

    @torch.no_grad()
    def training_estimates(self, losses: list, scores: list[torch.Tensor], extras: list[Extras]) -> torch.Tensor:
        """The same, but what was trained on its own estimate need not compute it again."""
        return torch.stack([
            bound.estimate(scores[way], extras[way]) if bound.objective else -losses[way].detach()
            for bound, way in zip(self.bounds, self.way_of_bound)
        ])

    def end_runaways(self, step: int, estimates: np.ndarray) -> None:
        finite = np.isfinite(estimates)
        self.beyond = np.where(finite & (np.abs(estimates) > RUNAWAY), self.beyond + 1, 0)
        for index, replicate in zip(*np.nonzero(~self.ended & (~finite | (self.beyond >= PATIENCE)))):
            bound: Bound = self.bounds[index]
            what = (
                f"ran away beyond ±{RUNAWAY:g} nats" if finite[index, replicate]
                else "became infinite: its density leaves what a float32 can hold" if bound.density
                else "became infinite: e^f over the independent pairs is larger than a float32 can hold"
            )
            sentence = f"{bound.name}, replicate {replicate + 1}, {what} at step {step}; its curve ends here."
            self.endings.append(Ending(bound.key, int(replicate), step, sentence))
            self.ended[index, replicate] = True

    # -- looking at it -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self, step: int, level: Experiment, batches: int) -> Evaluation:
        fresh = self.stream(f"fresh samples {step}")
        learned, perfect = [], []
        for _ in range(batches):
            x, y = self.sample(level, fresh)
            learned.append(self.estimates(*self.forward(x, y)))
            truth = self.truth(level, x, y)
            perfect.append(torch.stack([bound.estimate(truth) for bound in self.bounds]))
        values = []
        for estimates in (learned, perfect):
            stacked = torch.stack(estimates).double().cpu().numpy()
            with np.errstate(invalid="ignore"):  # what was infinite in one batch has no standard error
                values += [stacked.mean(0), stacked.std(0, ddof=1) / math.sqrt(batches)]
        for array in values[:2]:
            array[self.ended] = np.nan
        return Evaluation(step, *values)

    @torch.no_grad()
    def look(self, step: int, level: Experiment) -> Look:
        problem = level.distribution
        score = self.first_replicate()
        x, y = problem.sample(BLOCKS_OF_A_LOOK * BLOCK, generator=stream(level, f"look {step}", self.device))
        x_blocks, y_blocks = x.unflatten(0, (-1, BLOCK)), y.unflatten(0, (-1, BLOCK))
        scores = score(x_blocks, y_blocks).double()
        profile, offset = scores.diagonal(dim1=-2, dim2=-1), self.offsets(scores, problem.log_ratio_matrix(x_blocks, y_blocks))
        maps = self.maps(score, problem, x, y) if problem.dim_x == problem.dim_y == 1 else ()
        arrays = (x, y, problem.log_ratio(x, y), profile.flatten(1), offset.flatten(1), *maps)
        return Look(step, *(array.double().cpu().numpy() for array in arrays))

    def offsets(self, scores: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """(bounds, blocks, K): how much more each critic gives than the truth, in what its bound cannot identify.

        Compared are log means of e^f over the same strangers, because that is the scale the bounds would fix."""
        rows = []
        for bound, learned in zip(self.bounds, scores):
            axes = {"x": (-1,), "y": (-2,), "constant": (-2, -1), "": ()}[bound.blind]
            row = learned.new_zeros(learned.shape[:-1])
            if axes:
                more = off_diagonal(learned).logsumexp(axes, keepdim=True) - off_diagonal(truth).logsumexp(axes, keepdim=True)
                row = row + more.flatten(-2)
            rows.append(row)
        return torch.stack(rows)

    def maps(self, score: Callable, problem: Distribution, x: torch.Tensor, y: torch.Tensor) -> tuple:
        if problem.discrete:
            grids = [side.unique().sort().values for side in (x, y)]
        else:
            edges = torch.tensor([0.002, 0.998], dtype=x.dtype, device=x.device)
            grids = []
            for side in (x, y):
                low, high = side.quantile(edges).tolist()
                grids.append(torch.linspace(low, high, GRID_OF_A_LOOK, dtype=x.dtype, device=x.device))
        columns = [grid[:, None] for grid in grids]
        return *grids, problem.log_ratio_matrix(*columns), score(*(column[None] for column in columns)).squeeze(1)

    def first_replicate(self) -> Callable:
        """(x, y) -> scores (bounds, blocks, n, m) of replicate 0 alone: a look must not pay for the others."""
        alone = []
        for kind, (ways, module) in self.critics.items():
            critic = self.new_critic(kind, (len(ways), 1))
            critic.load_state_dict({name: values[:, :1] for name, values in module.state_dict().items()})
            alone.append((ways, critic))

        def score(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            of_way = {way: values for ways, critic in alone for way, values in zip(ways, critic(x, y))}
            return torch.stack([of_way[way] for way in self.way_of_bound])

        return score
