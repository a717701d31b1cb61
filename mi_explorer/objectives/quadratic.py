r"""Linear-quadratic control of the swing: what the best pushing costs, for who sees the state and for who must estimate it.

The cost of a step is |z - z_goal|² + price · (u - u_goal)², where u_goal is the constant push that holds the swing at the goal once it
rests there. With S the solution of the control Riccati equation and K its gain, the least average cost is

    tr(S W)                              for one who sees the state (LQR),
    tr(S W) + tr(P K'(B'S B + price) K)  for one who sees what the Kalman filter sees (LQG),

W being the covariance of the chance pushes and P that of the filter's error (Åström 1970, Introduction to Stochastic Control Theory).
"""

from __future__ import annotations

__all__ = ["Regulator"]

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mi_explorer.objectives.swing import DAMPING, Swing

PUSHED = np.array([[0.0], [1.0]])  # B: a push changes the second coordinate


@dataclass(frozen=True)
class Regulator:
    """goal: where the swing's position is to be held; price: of a unit of push, squared."""

    swing: Swing
    goal: float
    price: float

    @property
    def rest(self) -> tuple[np.ndarray, float]:
        """The state (2,) in which the swing rests at the goal, and the push that holds it there."""
        per_push = np.linalg.solve(np.eye(2) - self.swing.turn, PUSHED[:, 0])
        push = self.goal / per_push[0]
        return per_push * push, float(push)

    @cached_property
    def riccati(self) -> tuple[np.ndarray, np.ndarray]:
        """S (2, 2) and the gain K (1, 2): the best push is u_goal - K (z - z_goal)."""
        from scipy.linalg import solve_discrete_are

        turn = self.swing.turn
        cost = solve_discrete_are(turn, PUSHED, np.eye(2), [[self.price]])
        return cost, np.linalg.solve(PUSHED.T @ cost @ PUSHED + self.price, PUSHED.T @ cost @ turn)

    @cached_property
    def filter_error(self) -> np.ndarray:
        """P (2, 2): what a Kalman filter with a long past does not know of the state."""
        from scipy.linalg import solve_discrete_are

        seen = np.array([[1.0, 0.0]])
        ahead = solve_discrete_are(self.swing.turn.T, seen.T, (1 - DAMPING**2) * np.eye(2), [[self.swing.noise]])
        gain = ahead @ seen.T / (seen @ ahead @ seen.T + self.swing.noise)
        return ahead - gain @ seen @ ahead

    @property
    def lqr(self) -> float:
        return float((1 - DAMPING**2) * np.trace(self.riccati[0]))

    @property
    def lqg(self) -> float:
        cost, gain = self.riccati
        return self.lqr + float(np.trace(self.filter_error @ gain.T @ (PUSHED.T @ cost @ PUSHED + self.price) @ gain))

    def blind(self, first: int, last: int) -> float:
        """Of pushing by u_goal always, whatever is seen, from step 0 on, where the swing had been left alone: the mean over steps first
        to last - 1. It keeps its variance of 1 in each coordinate, and its mean comes to the goal as slowly as a swing rests."""
        way = (self.rest[0] ** 2).sum() * np.mean(DAMPING ** (2.0 * np.arange(first, last)))
        return 2.0 + float(way)
