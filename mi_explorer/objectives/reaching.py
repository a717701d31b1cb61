r"""An agent that sees the world through a frozen code: what a code is worth is what can be done with it.

The agent watches a swing through mixed noisy channels and pushes it, so that it comes to rest at a goal. First it pushes at random
and learns a code of what it sees and did, by contrast or by reconstruction. Then the code is frozen, and a linear policy

    push = weights · code + constant

is found by trial (the cross-entropy method: Rubinstein & Kroese 2004): try some, keep the best, try near those. The least cost is known
in closed form, for an agent that sees the state and for one that must estimate it (``Regulator``).
"""

from __future__ import annotations

__all__ = ["AGENTS", "Reaching", "ReachingSnapshot"]

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.quadratic import Regulator
from mi_explorer.objectives.swing import Swing
from mi_explorer.parameters import real, validate, whole

if TYPE_CHECKING:
    import pandas as pd

#: What a policy may look at, by name and as it is shown.
AGENTS = {"state": "True state", "cpc": "CPC code", "autoencoder": "Autoencoder code", "pca": "PCA code"}
PAST, FUTURE, CODE = 24, 4, 2
WIDTH, BATCH, LEARNING_RATE = 16, 128, 1e-2
RANDOM_PUSH = 0.5  # standard deviation, while the code is learned
ACTING, SETTLING = 60, 20  # steps of an episode, and how many of them cost nothing: the way to the goal
EVERY, LOOKS = 10, 5
PROBES = 1000


@dataclass(frozen=True)
class Reaching(Description):
    """Learn codes by pushing at random, freeze them, and search for the linear policy that holds the swing at the goal.

    Arguments:
        goal: position, in standard deviations of the swing left alone. price: of the push, squared.
        noise, distractors, loudness, persistence: of what is seen, as in ``Distractors``.
        steps: of training the codes. rounds: of the search. replicates: codes of each kind, with a search each.
        seed: of the random numbers.
    """

    what = "reaching"

    persistence: float = real(0.0, 0, 0.98, label="Persistence of the distractors (0 = white)", slider=(0, 0.98, 0.02))
    loudness: float = real(50.0, 0.01, 1000, label="Loudness of the distractors (variance)", slider=(1, 100, 1))
    noise: float = real(0.3, 0.001, 100, label="Observation noise (variance)", slider=(0.01, 3, 0.01))
    goal: float = real(1.0, -3, 3, label="Goal: position to hold", slider=(-3, 3, 0.1))
    price: float = real(0.1, 0.001, 100, label="Price of a push", slider=(0.01, 2, 0.01))
    distractors: int = whole(3, 1, 8, label="Distractors", slider=(1, 6, 1))
    steps: int = whole(250, 20, 20_000, label="Training steps of the codes", slider=(100, 1000, 50))
    rounds: int = whole(12, 1, 100, label="Rounds of policy search", slider=(2, 30, 1))
    replicates: int = whole(2, 1, 6, label="Replicates", slider=(1, 4, 1))
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)

    @property
    def swing(self) -> Swing:
        return Swing(PAST, FUTURE, self.noise, self.distractors, self.loudness, self.persistence)

    @property
    def regulator(self) -> Regulator:
        return Regulator(self.swing, self.goal, self.price)

    def carry_out(self) -> Iterator[ReachingSnapshot]:
        import torch

        from mi_explorer.objectives.agents import Explorer, Search, Sight
        from mi_explorer.studies.trained import one_thread

        regulator = self.regulator
        exact = {"lqr": regulator.lqr, "lqg": regulator.lqg, "blind": regulator.blind(SETTLING, ACTING)}
        costs: dict[str, list[np.ndarray]] = {key: [] for key in AGENTS}
        final: dict[str, np.ndarray] = {}
        paths: dict[str, np.ndarray] = {}
        r2: dict[str, np.ndarray] = {}

        def snapshot(done: float) -> ReachingSnapshot:
            rounds = {key: np.array(found) for key, found in costs.items() if found}
            return ReachingSnapshot(self, done, exact, rounds, dict(final), dict(paths), dict(r2))

        def pursue(sights: dict[str, Sight], begin: float, end: float) -> Iterator[ReachingSnapshot]:
            """Search a policy for each sight, round by round."""
            searches = {key: Search(sight, regulator, self.replicates, self.seed) for key, sight in sights.items()}
            for number in range(1, self.rounds + 1):
                for place, (key, search) in enumerate(searches.items(), 1):
                    costs[key].append(search.advance())
                    paths[key] = search.path()
                    yield snapshot(begin + (end - begin) * (number - 1 + place / len(searches)) / (self.rounds + 1))
            for key, search in searches.items():
                final[key] = search.judge()

        with one_thread():
            generator = torch.Generator().manual_seed(self.seed)
            explorer = Explorer(self.swing, self.replicates, self.steps, generator)
            yield from pursue({"state": Sight(explorer.lens)}, 0.0, 0.08)
            for step in range(1, self.steps + 1):
                explorer.learn()
                if step % max(1, self.steps // LOOKS) == 0 or step == self.steps:
                    r2 = explorer.r_squared()
                if step % EVERY == 0 or step == self.steps:
                    yield snapshot(0.08 + 0.52 * step / self.steps)
            yield from pursue(explorer.sights(), 0.6, 1.0)
            yield snapshot(1.0)


@dataclass(frozen=True, eq=False)
class ReachingSnapshot:
    """How the agents stand, by the keys of AGENTS.

    exact: cost of a step, "lqr", "lqg" and "blind" (see ``Regulator``). costs: of the policy after every round of the search so far, on its
    own episodes, (rounds, replicates). final: on fresh episodes, (replicates,), where the search is over. paths: position in
    a few episodes with the present policy, (episodes, steps), in the first PAST of which nobody pushes. r2: of the codes, (replicates,).
    """

    study: Reaching
    done: float
    exact: dict[str, float]
    costs: dict[str, np.ndarray]
    final: dict[str, np.ndarray]
    paths: dict[str, np.ndarray]
    r2: dict[str, np.ndarray]

    def now(self, agent: str) -> np.ndarray | None:
        """The cost of a step as well as it is known, (replicates,); None before the first round."""
        return self.final[agent] if agent in self.final else self.costs[agent][-1] if agent in self.costs else None

    def frame(self) -> pd.DataFrame:
        """One row per agent, round and replicate; the fresh episodes are the round "fresh"."""
        import pandas as pd

        rows = [
            {"agent": key, "round": number, "replicate": replicate, "cost": value}
            for key, rounds in self.costs.items() for number, values in enumerate(rounds, 1) for replicate, value in enumerate(values)
        ]
        rows += [
            {"agent": key, "round": "fresh", "replicate": replicate, "cost": value}
            for key, values in self.final.items() for replicate, value in enumerate(values)
        ]
        return pd.DataFrame(rows).assign(**self.exact)
