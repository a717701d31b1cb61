"""The picture of contrast beside an autoencoder: what each makes of a picture, and what a linear probe reads from the codes."""

from __future__ import annotations

__all__ = ["no_decoder"]

from matplotlib.figure import Figure

from mi_explorer.figures.canvas import ink, new_figure, sign, words
from mi_explorer.figures.panes import chart, image_rows, over_seeds
from mi_explorer.objectives.labelled_digits import CLASSES, TRAIN
from mi_explorer.objectives.no_decoder import SHOWN, SIDE, NoDecoderSnapshot


def no_decoder(snapshot: NoDecoderSnapshot, unit: str = "nats", dark: bool = False, narrow: bool = False) -> Figure:
    """Left: test pictures, the autoencoder's drawings, and the digits in the training pictures of nearest code. Right: the probe."""
    study, text = snapshot.study, ink(dark)[0]
    figure, _ = new_figure(width=4.4 if narrow else 8, height=8.6 if narrow else 5.6, dark=dark, rows=0)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.8, 1)) if narrow else figure.add_gridspec(1, 2)
    figure.get_layout_engine().set(wspace=0.06)
    image_rows(figure, grid[0], [
        ("pictures", snapshot.pictures[TRAIN:TRAIN + SHOWN]), ("the digits in them", snapshot.digits[TRAIN:TRAIN + SHOWN]),
        ("the autoencoder draws them", snapshot.drawn), ("digit nearest by the autoencoder's code", snapshot.nearest(0)),
        ("digit nearest by the contrastive code", snapshot.nearest(1)),
    ], (SIDE, SIDE), dark)
    axis = chart(figure, grid[1], dark)
    axis.axhline(snapshot.raw[1], color=text, linestyle=(0, (5, 3)), linewidth=1.6, label="bare digits, pixels")
    for arm, name in enumerate(("autoencoder's code", "contrastive code")):
        over_seeds(axis, snapshot.steps, snapshot.accuracy[:, arm], (1, 0)[arm], name, dark)
    axis.axhline(snapshot.raw[0], color=text, linestyle="-.", linewidth=1.2, label="these pictures, pixels")
    axis.axhline(1 / CLASSES, color=text, linestyle=":", linewidth=1.2, label="guessing")
    axis.set(ylim=(0, 1.02), xlim=(-0.02 * study.steps, 1.02 * study.steps))
    axis.set_xlabel("training step")
    axis.set_ylabel("linear probe: digit read correctly")
    words(figure.legend(loc="outside upper left", ncols=2 if narrow else 3, fontsize=8.5, frameon=False, handlelength=3), dark)
    sign(figure, study, dark)
    return figure
