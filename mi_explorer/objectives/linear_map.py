"""How much of a hidden state a frozen code holds: a linear map fitted on some pairs, judged on fresh ones."""

from __future__ import annotations

__all__ = ["LinearMap", "r_squared"]

import numpy as np
import torch

RIDGE = 1e-6  # of the code's variance: the units of an untrained network may be nearly copies of each other


class LinearMap:
    """The least-squares map, with a constant, from codes (n, k) to states (n, d)."""

    def __init__(self, code: torch.Tensor, state: torch.Tensor):
        self.mean, self.scale = code.mean(0), code.std(0).clamp_min(1e-6)
        rows = self.rows(code)
        gram = rows.T @ rows + RIDGE * len(rows) * torch.eye(rows.shape[1], dtype=torch.double)
        self.weights = torch.linalg.solve(gram, rows.T @ state.double())

    def rows(self, code: torch.Tensor) -> torch.Tensor:
        whitened = (code - self.mean) / self.scale
        return torch.cat([whitened, whitened.new_ones(len(code), 1)], -1).double()

    def __call__(self, code: torch.Tensor) -> torch.Tensor:
        return self.rows(code) @ self.weights


@torch.no_grad()
def r_squared(codes: torch.Tensor, states: torch.Tensor, fresh_codes: torch.Tensor, fresh_states: torch.Tensor) -> np.ndarray:
    """Share of the states' variance that a linear map of the code explains on fresh pairs: (replicates,) from codes
    (replicates, n, k) and states (replicates, n, d) or (n, d) for all. Negative where the map is worse than the mean."""
    found = []
    for code, state, fresh_code, fresh in zip(codes, each(states, codes), fresh_codes, each(fresh_states, codes)):
        errors = (fresh - LinearMap(code, state)(fresh_code)).square().sum()
        found.append(float(1 - errors / (fresh - fresh.mean(0)).square().sum()))
    return np.array(found)


def each(states: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    return states if states.dim() == 3 else states.expand(len(codes), -1, -1)
