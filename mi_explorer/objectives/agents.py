"""What an agent sees of the swing, how it learns a code of that by pushing at random, and how it finds a policy by trial."""

from __future__ import annotations

__all__ = ["Explorer", "Search", "Sight"]

import numpy as np
import torch

from mi_explorer.objectives.linear_map import r_squared
from mi_explorer.objectives.predictive import Autoencoder, Code, Contrast, Moments, Training
from mi_explorer.objectives.quadratic import Regulator
from mi_explorer.objectives.reaching import ACTING, BATCH, CODE, FUTURE, LEARNING_RATE, PAST, PROBES, RANDOM_PUSH, SETTLING, WIDTH
from mi_explorer.objectives.swing import Swing
from mi_explorer.objectives.world import World

TRIED, KEPT = 24, 6  # policies in a round, and how many of them are kept
EPISODES, FRESH, SHOWN = 24, 400, 8  # for each of them, for the last judgement, and to look at
STRONGEST = 5.0  # a push beyond is cut, so that a mad policy stays finite


class Lens:
    """How the channels come to the eye: mixed by an orthogonal matrix, in units of their root mean square, and with them what
    the agent did just before, in units of RANDOM_PUSH."""

    def __init__(self, swing: Swing, generator: torch.Generator):
        self.mix = swing.mixing(generator)

    def row(self, channels: torch.Tensor, push: torch.Tensor) -> torch.Tensor:
        return torch.cat([channels @ self.mix, push.unsqueeze(-1) / RANDOM_PUSH], -1)


class Sight:
    """What a policy looks at, here the true state; ``begin`` makes a memory of rows, ``on`` adds one, ``code`` reads it."""

    def __init__(self, lens: Lens):
        self.lens = lens

    def begin(self, rows: torch.Tensor) -> torch.Tensor | None:
        return None

    def on(self, memory: torch.Tensor | None, row: torch.Tensor) -> torch.Tensor | None:
        return None

    def code(self, memory: torch.Tensor | None, state: torch.Tensor) -> torch.Tensor:
        return state


class Coded(Sight):
    """A code, made white on ``seen``, (replicates, n, PAST, inputs), so that a search need not know its units."""

    def __init__(self, lens: Lens, seen: torch.Tensor):
        super().__init__(lens)
        codes = self.raw(self.begin(seen))
        self.mean = codes.mean(1, keepdim=True)
        centred = codes - self.mean
        covariance = centred.mT @ centred / codes.shape[1] + 1e-6 * torch.eye(codes.shape[-1])
        self.white = torch.linalg.inv(torch.linalg.cholesky(covariance)).mT

    def code(self, memory, state):
        return (self.raw(memory) - self.mean) @ self.white


class Remembering(Coded):
    """The code of a recurrent network, whose state goes on from row to row."""

    def __init__(self, lens: Lens, seen: torch.Tensor, network: Code):
        self.network = network
        super().__init__(lens, seen)

    def begin(self, rows):
        return self.network.reader(rows)

    def on(self, memory, row):
        return self.network.reader(row.unsqueeze(-2), memory)

    def raw(self, memory):
        return self.network.from_state(memory)


class Windowed(Coded):
    """Directions in the window of the last PAST rows."""

    def __init__(self, lens: Lens, seen: torch.Tensor, directions: torch.Tensor):
        self.directions = directions
        super().__init__(lens, seen)

    def begin(self, rows):
        return rows

    def on(self, memory, row):
        return torch.cat([memory[:, :, 1:], row.unsqueeze(-2)], -2)

    def raw(self, memory):
        return memory.flatten(2) @ self.directions


def explore(world: World, lens: Lens, steps: int, strength: float = RANDOM_PUSH) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The rows of so many steps under random pushes, shape + (steps, inputs), and the positions, shape each. The world stays where
    the last was seen; a strength of 0 leaves it alone."""
    push, rows, positions = torch.zeros(world.shape), [], []
    for step in range(steps):
        if step:
            push = strength * world.normal(1).squeeze(-1)
            world.go(push)
        rows.append(lens.row(world.see(), push))
        positions.append(world.state[..., 0])
    return torch.stack(rows, -2), positions


class Explorer:
    """Learns codes of (replicates, n, steps, channels + 1): what is seen, and the push just before."""

    def __init__(self, swing: Swing, replicates: int, steps: int, generator: torch.Generator):
        self.swing, self.replicates, self.generator = swing, replicates, generator
        self.lens = Lens(swing, generator)
        size = (replicates, swing.channels + 1, PAST)
        self.networks: dict[str, Code] = {
            "cpc": Contrast(*size, FUTURE, WIDTH, CODE, generator), "autoencoder": Autoencoder(*size, WIDTH, CODE, generator),
        }
        self.moments = Moments(PAST)
        parameters = [parameter for network in self.networks.values() for parameter in network.parameters]
        self.training = Training(parameters, LEARNING_RATE, steps)
        self.probes = [self.explore((PROBES,), PAST) for _ in range(2)]

    def explore(self, shape: tuple[int, ...], steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The rows, and the state at the last of them."""
        world = World(self.swing, shape, self.generator)
        return explore(world, self.lens, steps)[0], world.state

    def learn(self) -> None:
        """A step of training."""
        series, _ = self.explore((self.replicates, BATCH), PAST + FUTURE)
        self.moments.add(series)
        self.training.step(sum(network.loss(series).sum() for network in self.networks.values()))

    @torch.no_grad()
    def sights(self) -> dict[str, Sight]:
        """The codes, frozen as they are now."""
        seen = self.wide(self.probes[0][0])
        found = {key: Remembering(self.lens, seen, network) for key, network in self.networks.items()}
        return {**found, "pca": Windowed(self.lens, seen, self.moments.principal(CODE))}

    @torch.no_grad()
    def r_squared(self) -> dict[str, np.ndarray]:
        """Of every code to the true state under random pushes, (replicates,)."""
        found = {}
        for key, sight in self.sights().items():
            codes = [sight.code(sight.begin(self.wide(rows)), state) for rows, state in self.probes]
            found[key] = r_squared(codes[0], self.probes[0][1], codes[1], self.probes[1][1])
        return found

    def wide(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.expand(self.replicates, -1, -1, -1)


class Search:
    """The cross-entropy method over policies (replicates, 3): two weights of the code and a constant."""

    def __init__(self, sight: Sight, regulator: Regulator, replicates: int, seed: int):
        self.sight, self.regulator, self.seed = sight, regulator, seed
        self.generator = torch.Generator().manual_seed(seed)
        self.mean, self.spread = torch.zeros(replicates, 3), torch.ones(replicates, 3)

    @torch.no_grad()
    def advance(self) -> np.ndarray:
        """A round. Returns what the policy of the round before costs: it is played on the same fresh episodes as the others, and
        has not been chosen by them."""
        policies = self.mean[:, None] + self.spread[:, None] * torch.randn(len(self.mean), TRIED, 3, generator=self.generator)
        policies[:, 0] = self.mean
        costs, _ = self.play(policies, EPISODES, self.generator)
        best = policies.gather(1, costs.argsort(1)[:, :KEPT, None].expand(-1, -1, 3))
        self.mean, self.spread = best.mean(1), best.std(1)
        return costs[:, 0].numpy()

    def judge(self) -> np.ndarray:
        """The cost of the policy on FRESH episodes, the same for every sight: (replicates,)."""
        return self.now(FRESH, 1)[0][:, 0].numpy()

    def path(self) -> np.ndarray:
        """Positions in a few episodes with the policy of the first replicate, (SHOWN, PAST + ACTING); their chance is the same for every
        sight."""
        return self.now(SHOWN, 2)[1].numpy()

    @torch.no_grad()
    def now(self, episodes: int, name: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.play(self.mean[:, None], episodes, torch.Generator().manual_seed(3 * self.seed + name))

    def play(self, policies: torch.Tensor, episodes: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean cost of a step, (replicates, tried), over episodes whose chance all tried policies share; and the positions
        in those of the first policy, (episodes, steps)."""
        replicates, tried, _ = policies.shape
        world = World(self.regulator.swing, (replicates, 1, episodes), generator)
        rows, positions = explore(world, self.sight.lens, PAST, 0.0)

        def flat(part: torch.Tensor) -> torch.Tensor:
            """(replicates, 1 or tried, episodes, k) as a sight takes it: (replicates, tried × episodes, k)."""
            return part.expand(-1, tried, *part.shape[2:]).flatten(1, 2)

        memory = self.sight.begin(flat(rows))
        goal, hold = (torch.as_tensor(part, dtype=torch.float32) for part in self.regulator.rest)
        cost = torch.zeros(replicates, tried)
        for step in range(ACTING):
            code = self.sight.code(memory, flat(world.state)).view(replicates, tried, episodes, -1)
            push = (torch.einsum("rtek,rtk->rte", code, policies[..., :-1]) + policies[..., -1:]).clamp(-STRONGEST, STRONGEST)
            if step >= SETTLING:
                error = (world.state - goal).square().sum(-1) + self.regulator.price * (push - hold).square()
                cost += error.mean(-1) / (ACTING - SETTLING)
            world.go(push)
            memory = self.sight.on(memory, flat(self.sight.lens.row(world.see(), push)))
            positions.append(world.state[..., 0])
        return cost, torch.stack([position[0, 0] for position in positions], -1)
