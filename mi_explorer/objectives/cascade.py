r"""A cascade of channels, X -> Y1 -> Y2 -> ..., with a processing step in between: information can only be lost on the way.

Whatever is done to Y without looking at X again, I(X; f(Y)) <= I(X; Y) (data processing: Cover & Thomas 2006, th. 2.8.1). Everything
here is a product of small matrices, so that each I is exact.
"""

from __future__ import annotations

__all__ = ["Cascade", "CascadeSnapshot", "PROCESSING", "Station"]

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.distributions import SymmetricChannel
from mi_explorer.objectives.capacity import information
from mi_explorer.objectives.finite import pace, transition
from mi_explorer.parameters import choice, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cascade(Description):
    """Send a symbol through the same channel again and again, and process it once on its way.

    Arguments:
        symbols: M, the size of the alphabet.
        noise: of each channel: how often a symbol arrives as one of the others.
        first: how often X is its first symbol; the others share the rest evenly.
        channels: how many. processing: a key of ``PROCESSING``. after: behind which channel it comes, the last one at most.
        pace: seconds to wait at each station.
    """

    what = "cascade"

    symbols: int = whole(2, 2, 8, label="Symbols M", slider=(2, 8, 1))
    noise: float = real(0.1, 0, 1, label="Noise of each channel", slider=(0, 1, 0.01))
    first: float = real(0.5, 0.01, 0.99, label="How often X is its first symbol", slider=(0.02, 0.98, 0.02))
    channels: int = whole(5, 1, 12, label="Channels in a row", slider=(1, 12, 1))
    processing: str = choice("none", ("none", "relabel", "merge", "guess"), label="Processing on the way")
    after: int = whole(2, 1, 12, label="Processing after channel", slider=(1, 12, 1))
    pace: float = pace()

    def __post_init__(self):
        validate(self)

    @property
    def prior(self) -> np.ndarray:
        """p(x): (M,)."""
        return np.array([self.first, *[(1 - self.first) / (self.symbols - 1)] * (self.symbols - 1)])

    def stations(self) -> tuple[Station, ...]:
        """X itself, then what arrives behind every channel and behind the processing."""
        channel = transition(SymmetricChannel(symbols=self.symbols, error=self.noise))
        so_far = np.eye(self.symbols)  # p(y|x)
        found = [station("X", self.prior, so_far, False)]
        name, last = "X", min(self.after, self.channels)
        for number in range(1, self.channels + 1):
            so_far, name = so_far @ channel, f"Y{number}"
            found.append(station(name, self.prior, so_far, False))
            if self.processing != "none" and number == last:
                so_far = so_far @ PROCESSING[self.processing](self.prior[:, None] * so_far)
                found.append(station(f"f(Y{number})", self.prior, so_far, True))
        return tuple(found)

    def carry_out(self) -> Iterator[CascadeSnapshot]:
        stations = self.stations()
        for count in range(2, len(stations) + 1):
            yield CascadeSnapshot(self, count / len(stations), stations, count)
            time.sleep(self.pace if count < len(stations) else 0)


def relabel(joint: np.ndarray) -> np.ndarray:
    """Every symbol is renamed as the next one, the last as the first."""
    return np.roll(np.eye(len(joint)), 1, axis=1)


def merge(joint: np.ndarray) -> np.ndarray:
    """The last two symbols become one."""
    table = np.eye(len(joint))
    table[-1, -2:] = 1, 0
    return table


def guess(joint: np.ndarray) -> np.ndarray:
    """Each y is replaced by the x that is most likely behind it, the first of several: no other step makes fewer errors."""
    return np.eye(len(joint))[joint.argmax(0)]


#: Steps that look at y alone: from the joint p(x,y), (M, M), to the table f(z|y), (M, M).
PROCESSING = {"relabel": relabel, "merge": merge, "guess": guess}


@dataclass(frozen=True)
class Station:
    """name: X, Y1, f(Y1), ...; mi: what it knows about X, in nats; right: how often it is equal to X; processed: whether it comes
    from the processing step."""

    name: str
    mi: float
    right: float
    processed: bool


def station(name: str, prior: np.ndarray, so_far: np.ndarray, processed: bool) -> Station:
    return Station(name, max(information(so_far, prior), 0.0), float(prior @ so_far.diagonal()), processed)


@dataclass(frozen=True, eq=False)
class CascadeSnapshot:
    """stations: all of them; count: how many have been reached."""

    study: Cascade
    done: float
    stations: tuple[Station, ...]
    count: int

    @property
    def step(self) -> tuple[Station, Station] | None:
        """The stations before and behind the processing, where there is one."""
        found = [pair for pair in zip(self.stations, self.stations[1:]) if pair[1].processed]
        return found[0] if found else None

    def frame(self) -> pd.DataFrame:
        """One row per station that has been reached."""
        import pandas as pd

        return pd.DataFrame([
            {"station": one.name, "mi": one.mi, "right": one.right, "processed": one.processed} for one in self.stations[: self.count]
        ])
