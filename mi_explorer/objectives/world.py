"""The swing step by step, for whoever pushes it."""

from __future__ import annotations

__all__ = ["World"]

import math

import torch

from mi_explorer.objectives.swing import DAMPING, Swing


class World:
    """Swings of one kind going on together: ``state`` is ``shape`` + (2,), stationary at first if nobody pushes.

    A push is added to the second coordinate of the next state.
    """

    def __init__(self, swing: Swing, shape: tuple[int, ...], generator: torch.Generator):
        self.swing, self.shape, self.generator = swing, shape, generator
        self.turn = torch.tensor(swing.turn.T, dtype=torch.float32)
        self.state, self.others = self.normal(2), self.normal(swing.distractors)

    def normal(self, count: int) -> torch.Tensor:
        return torch.randn(*self.shape, count, generator=self.generator)

    def see(self) -> torch.Tensor:
        """What all channels show now, unmixed: ``shape`` + (channels,)."""
        seen = self.state[..., :1] + math.sqrt(self.swing.noise) * self.normal(1)
        return torch.cat([seen, math.sqrt(self.swing.loudness) * self.others.expand(*seen.shape[:-1], -1)], -1)

    def go(self, push: torch.Tensor | None = None) -> None:
        """One step on. A push may have more leading axes than the world: as many swings then meet the same chance."""
        self.state = self.state @ self.turn + math.sqrt(1 - DAMPING**2) * self.normal(2)
        if push is not None:
            self.state = self.state + push.unsqueeze(-1) * torch.tensor([0.0, 1.0])
        lasting = self.swing.persistence
        self.others = lasting * self.others + math.sqrt(1 - lasting**2) * self.normal(self.swing.distractors)

    def film(self, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        """States and channels of so many steps that nobody pushes: ``shape`` + (steps, 2) and ``shape`` + (steps, channels)."""
        states, channels = [], []
        for _ in range(steps):
            states.append(self.state)
            channels.append(self.see())
            self.go()
        return torch.stack(states, -2), torch.stack(channels, -2)
