r"""Parts against the whole: an encoder that learns to tell which patch belongs to which image, after Deep InfoMax.

Of an image x the encoder makes one code, E(x). A patch x_l at place l is scored against the codes of a batch by the cosine of two learned
vectors, and InfoNCE bounds what patches and code share, on the average over L places,

    1/L sum_l I(x_l; E(x)) >= log B - InfoNCE loss

(Hjelm et al. 2019, arXiv:1808.06670: their local objective in its InfoNCE form, with the patches themselves in place of a feature map). No labels, no
decoder. Beside it stand the same encoder untrained, an autoencoder with the same encoder from the same start, and the principal
components: of all linear codes with as many numbers the one from which the image is best rebuilt.
"""

from __future__ import annotations

__all__ = ["ARMS", "DeepInfoMax", "DeepInfoMaxSnapshot", "places"]

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mi_explorer.description import Description
from mi_explorer.objectives.contrastive import both_ways
from mi_explorer.objectives.labelled_digits import TRAIN, probe, shuffled
from mi_explorer.parameters import ParameterError, real, validate, whole

if TYPE_CHECKING:
    import pandas as pd
    import torch

ARMS = ("infomax", "autoencoder")
SIDE = 8
SHARED = 64  # numbers in the vectors whose cosine is the score
START = math.log(10.0)  # of the logarithm of what cosines are multiplied with; it is learned
POINTS = 8  # at which the codes are probed
MOST = 3e7  # scores of one step


def places(patch: int) -> list[tuple[int, int]]:
    """Rows and columns of the upper left corners of patches that cover an image, neighbours about two pixels apart."""
    room = SIDE - patch
    along = sorted({round(at) for at in np.linspace(0, room, math.ceil(room / 2) + 1)})
    return [(row, column) for row in along for column in along]


@dataclass(frozen=True)
class DeepInfoMax(Description):
    """Train both arms on the bundled digits, in one batched step from one start, and read the digit from their codes.

    Arguments:
        patch: pixels on a side of a patch; 8 is the whole image. code: numbers that the encoder, an MLP, answers with.
        batch_size: B, at most half of the 597 test images, on which the fresh bound is measured. steps, width, learning_rate: of the
        training. seeds: networks of each kind. seed: of everything drawn.
    """

    what = "deep-infomax"

    patch: int = whole(4, 1, SIDE, label="Side of a patch (pixels)", slider=(2, SIDE, 1))
    code: int = whole(8, 1, 64, label="Numbers in the code", slider=(2, 32, 1))
    batch_size: int = whole(128, 8, 256, label="Batch size B", slider=(16, 256, 16))
    steps: int = whole(300, 1, 10_000, label="Training steps", slider=(50, 2000, 50))
    seeds: int = whole(3, 1, 8, label="Networks of each kind", slider=(1, 6, 1))
    width: int = whole(128, 4, 512, label="Width of the networks", slider=(16, 256, 16))
    learning_rate: float = real(2e-3, 0, 0.1, open=True, label="Learning rate")
    seed: int = whole(0, 0, 2**31 - 1, label="Seed")

    def __post_init__(self):
        validate(self)
        if (scores := self.seeds * len(places(self.patch)) * self.batch_size**2) > MOST:
            raise ParameterError("seeds × patches × batch_size²", scores, f"at most {MOST:,.0f}")

    def ceiling(self) -> float:
        """What InfoNCE can show at most, in nats."""
        return math.log(self.batch_size)

    def carry_out(self) -> Iterator[DeepInfoMaxSnapshot]:
        import torch

        from mi_explorer.studies.trained import one_thread

        with one_thread():
            digits, generator = shuffled(self.seed), torch.Generator().manual_seed(self.seed)
            images = torch.from_numpy(digits.images - digits.images[:TRAIN].mean(0))
            known = np.array([probe(digits.images, digits.labels), probe(principal(images.numpy(), self.code), digits.labels)])
            arms = Arms(self, generator)
            marks = sorted({round(self.steps * point / POINTS) for point in range(POINTS + 1)})
            accuracy, bounds = [], []
            for step in range(self.steps + 1):
                if step in marks:
                    accuracy.append([[probe(code, digits.labels) for code in arm] for arm in arms.codes(images)])
                    bounds.append([arms.bound(arms.some(part, generator)) for part in (images[:TRAIN], images[TRAIN:])])
                if step in marks or step % 20 == 0:
                    done = np.array(marks[: len(accuracy)])
                    yield DeepInfoMaxSnapshot(self, step / self.steps, done, np.array(accuracy), np.array(bounds), known)
                if step < self.steps:
                    arms.advance(arms.some(images[:TRAIN], generator))


class Arms:
    """The networks of a study in training: encoders (arm, seed), and what each arm needs beside them (seed)."""

    def __init__(self, study: DeepInfoMax, generator: torch.Generator):
        import torch

        from mi_explorer.critics import MLP

        self.study, self.places = study, places(study.patch)
        runs, width = (study.seeds,), study.width
        self.encoders = MLP(SIDE**2, width, width, study.code, replicates=(len(ARMS), *runs), generator=generator)
        with torch.no_grad():
            for weights in self.encoders.parameters():
                weights[1] = weights[0]  # both arms begin alike
        self.of_patch = MLP(study.patch**2 + len(self.places), width, SHARED, replicates=runs, generator=generator)
        self.of_code = MLP(study.code, SHARED, replicates=runs, generator=generator)
        self.decoders = MLP(study.code, width, width, SIDE**2, replicates=runs, generator=generator)
        self.sharpness = torch.nn.Parameter(torch.full((*runs, 1, 1, 1), START))
        modules = (self.encoders, self.of_patch, self.of_code, self.decoders)
        parameters = [self.sharpness, *(weights for module in modules for weights in module.parameters())]
        self.optimiser = torch.optim.Adam(parameters, study.learning_rate, fused=True)

    def some(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A batch for every seed, no image twice in it: (seeds, B, 64)."""
        import torch

        order = torch.rand(self.study.seeds, len(images), generator=generator).argsort(-1)
        return images[order[:, : self.study.batch_size]]

    def advance(self, images: torch.Tensor) -> None:
        codes = self.encoders(images, "exact")
        error = (self.decoders(codes[1], "exact") - images).square().mean((-1, -2))
        loss = error.sum() - self.infonce(images, codes[0]).sum()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def infonce(self, images: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """The bound on the mean over places of I(patch; code), the mean of both directions: (seeds,), in nats."""
        import torch

        seeds, batch, _ = images.shape
        count, side = len(self.places), self.study.patch
        square = images.view(seeds, batch, SIDE, SIDE)
        patches = torch.stack([square[:, :, row : row + side, column : column + side].flatten(2) for row, column in self.places], 1)
        where = torch.eye(count).unsqueeze(1).expand(seeds, count, batch, count)
        rows = torch.cat([patches, where], -1).flatten(1, 2)
        parts = self.of_patch(rows, "exact").view(seeds, count, batch, SHARED)
        parts, wholes = (torch.nn.functional.normalize(side, dim=-1) for side in (parts, self.of_code(codes, "exact").unsqueeze(1)))
        return both_ways(parts @ wholes.mT * self.sharpness.exp()).mean(-1)

    def bound(self, images: torch.Tensor) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self.infonce(images, self.encoders(images, "exact")[0]).numpy()

    def codes(self, images: torch.Tensor) -> np.ndarray:
        """(arm, seed, n, code)."""
        import torch

        with torch.no_grad():
            return self.encoders(images, "exact").numpy()


def principal(images: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` principal components of centred images (n, 64), the directions taken from the training part."""
    _, _, directions = np.linalg.svd(images[:TRAIN], full_matrices=False)
    return images @ directions[:count].T


@dataclass(frozen=True, eq=False)
class DeepInfoMaxSnapshot:
    """steps: at which the codes were probed, (m,). accuracy: of a linear probe for the digit on test images, (m, arm, seed). bounds: InfoNCE
    on training and on test images, (m, 2, seed), in nats. known: the probe's accuracy on pixels and on principal components."""

    study: DeepInfoMax
    done: float
    steps: np.ndarray
    accuracy: np.ndarray
    bounds: np.ndarray
    known: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per step, arm and seed."""
        import pandas as pd

        return pd.DataFrame([
            {
                "step": step, "arm": arm, "seed": seed, "digit_accuracy": self.accuracy[row, place, seed],
                "infonce_training": self.bounds[row, 0, seed] if place == 0 else math.nan,
                "infonce_fresh": self.bounds[row, 1, seed] if place == 0 else math.nan,
                "principal_components": self.known[1], "pixels": self.known[0],
            }
            for row, step in enumerate(self.steps) for place, arm in enumerate(ARMS) for seed in range(self.study.seeds)
        ])
