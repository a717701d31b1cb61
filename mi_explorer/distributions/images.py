"""Pairs of pictures with a known mutual information: what is correlated are the places of the shapes in them.

After Butakov et al. 2024, "Information Bottleneck Analysis of Deep Neural Networks via Lossy Compression",
arXiv:2305.08013, whose test pictures are Gaussian bumps and rectangles too.
"""

from __future__ import annotations

__all__ = ["BumpImages", "RectangleImages"]

from dataclasses import dataclass
from functools import cached_property

from ..parameters import real, validate, whole
from .base import Distribution, register
from .gaussian import Gaussian
from .maps import maps

SAME = 1e-5  # pixels closer than this are the same: float32 pixels, too, must be recognised


class Images(Distribution):
    r"""Two pictures of size x size pixels in [0, 1], row after row, drawn from correlated hidden parameters.

    The hidden (u, v) are ``numbers`` pairs of normal variables with one correlation. x = draw(u) and y = draw(v) show
    them without loss: ``_read`` finds u in the pixels of x. Hence pictures and parameters have the same information,
    I(X; Y) = -numbers/2 log(1 - rho^2) nats, and ``log_ratio`` is that of the parameters that the pictures show; a
    picture that shows none is impossible, -inf.
    """

    mi_parameter = "correlation"
    numbers: int

    def __post_init__(self):
        validate(self)

    @property
    def dim_x(self) -> int:
        return self.size**2

    @property
    def dim_y(self) -> int:
        return self.size**2

    @cached_property
    def hidden(self) -> Gaussian:
        """The distribution of the parameters."""
        return Gaussian(dim=self.numbers, correlation=self.correlation)

    @property
    def _ends(self):
        return self.hidden._ends

    def _mi_at(self, value):
        return self.hidden._mi_at(value)

    def _draw(self, u):
        """Parameters (..., numbers) as pictures (..., size, size)."""
        raise NotImplementedError

    def _read(self, pixels):
        """The parameters (..., numbers) that pictures (..., size, size) show; anything finite for other pictures."""
        raise NotImplementedError

    def _sample(self, shape, draw):
        return tuple(self._draw(u).flatten(-2) for u in self.hidden._sample(shape, draw))

    def _log_ratio(self, x, y):
        (u, x_shows), (v, y_shows) = self._shown(x), self._shown(y)
        return self.hidden._log_ratio(u, v).masked_fill(~(x_shows & y_shows), float("-inf"))

    def _log_ratio_matrix(self, x, y):
        (u, x_shows), (v, y_shows) = self._shown(x), self._shown(y)
        possible = x_shows.unsqueeze(-1) & y_shows.unsqueeze(-2)
        return self.hidden._log_ratio_matrix(u, v).masked_fill(~possible, float("-inf"))

    def _shown(self, pixels):
        pixels = pixels.unflatten(-1, (self.size, self.size))
        u = self._read(pixels)
        return u, ((self._draw(u) - pixels).abs() <= SAME).flatten(-2).all(-1)


@register("bump_images", label="Images of a bump")
@dataclass(frozen=True)
class BumpImages(Images):
    """A Gaussian bump of height 1, of standard deviation size / 8, whose place tells two numbers.

    Its centre is the middle of the picture plus u size / 8, in both directions. The logarithms of two pixels side by
    side differ by a linear function of it, so any bright pixel and its neighbours give it away.

    Arguments:
        size: Pixels along each side.
        correlation: rho, between the places in x and in y, for both directions.
    """

    numbers = 2

    size: int = whole(16, 8, 64, label="Pixels along each side", slider=(8, 24, 1))
    correlation: float = real(0.8, -1, 1, open=True, label="Correlation ρ of the places", slider=(-0.99, 0.99, 0.01))

    @property
    def _unit(self):
        return self.size / 8  # pixels for a unit of u: fewer than one centre in a thousand is outside of the picture

    def _draw(self, u):
        import torch

        pixel = torch.arange(self.size, dtype=u.dtype, device=u.device)
        centre = (self.size - 1) / 2 + self._unit * u.unsqueeze(-1)
        return _crossed((-((pixel - centre) / self._unit).square() / 2).exp())

    def _read(self, pixels):
        import torch

        profiles = torch.stack([pixels.sum(-1), pixels.sum(-2)], -2)  # of the rows, of the columns
        brightest = profiles.argmax(-1, keepdim=True).clamp(max=self.size - 2)
        here, beside = (profiles.gather(-1, at).clamp(min=1e-300).log() for at in (brightest, brightest + 1))
        centre = brightest + 0.5 + self._unit**2 * (beside - here)
        return ((centre - (self.size - 1) / 2) / self._unit).squeeze(-1)


@register("rectangle_images", label="Images of a rectangle")
@dataclass(frozen=True)
class RectangleImages(Images):
    r"""A white rectangle on black whose four edges tell four numbers; a pixel is as bright as it is covered.

    Upper and left edge are uniform between the border and the middle, at \Phi(u) of the way, the others between the
    middle and the border; one pixel at the border and one at each side of the middle are left out. What the two halves
    of a row are covered with says where the edges are.

    Arguments:
        size: Pixels along each side.
        correlation: rho, between the edges in x and in y, for each of the four.
    """

    numbers = 4

    size: int = whole(16, 8, 64, label="Pixels along each side", slider=(8, 24, 1))
    correlation: float = real(0.8, -1, 1, open=True, label="Correlation ρ of the edges", slider=(-0.99, 0.99, 0.01))

    @property
    def _spans(self):
        """Where an upper or left edge can be, and a lower or right one: (first place, length) for each."""
        middle = self.size // 2
        return (1, middle - 2), (middle + 1, self.size - middle - 2)

    def _draw(self, u):
        import torch

        part = maps["normal_cdf"].forward(u).unflatten(-1, (2, 2)).unsqueeze(-1)  # of rows and columns; first, last
        first, last = (start + length * edge for (start, length), edge in zip(self._spans, part.unbind(-2)))
        pixel = torch.arange(self.size, dtype=u.dtype, device=u.device)
        return _crossed((last.minimum(pixel + 1) - first.maximum(pixel)).clamp(0, 1))

    def _read(self, pixels):
        import torch

        covered = torch.stack([pixels.amax(-1), pixels.amax(-2)], -2)  # rows and columns near the middle are full
        middle = self.size // 2
        edges = middle - covered[..., :middle].sum(-1), middle + covered[..., middle:].sum(-1)
        part = [(edge - start) / length for (start, length), edge in zip(self._spans, edges)]
        return maps["normal_cdf"].inverse(torch.stack(part, -1).flatten(-2))


def _crossed(profiles):
    """Profiles of the rows and of the columns (..., 2, size) as a picture (..., size, size)."""
    rows, columns = profiles.unbind(-2)
    return rows.unsqueeze(-1) * columns.unsqueeze(-2)
