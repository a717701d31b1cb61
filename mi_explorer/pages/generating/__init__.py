"""The page "Generating with information": what a mutual information term does to a GAN, a VAE and an autoencoder."""

from __future__ import annotations

__all__ = ["LESSON", "generating"]

import ipywidgets as widgets

from mi_explorer.pages.generating.deep_infomax import DEEP_INFOMAX
from mi_explorer.pages.generating.denoising import DENOISING
from mi_explorer.pages.generating.digit_vae import DIGIT_VAE
from mi_explorer.pages.generating.infogan import INFOGAN
from mi_explorer.pages.generating.rate_distortion import RATE_DISTORTION
from mi_explorer.pages.panels import Lesson, PanelPage

LESSON = Lesson(
    notebook="generating-with-information",
    title="Generating with information",
    subtitle="GANs, VAEs and autoencoders with a mutual information term, each beside a known answer.",
    panels=(INFOGAN, RATE_DISTORTION, DIGIT_VAE, DENOISING, DEEP_INFOMAX),
)


def generating(panel: str | None = None) -> widgets.Widget:
    """The page as a widget, opened on one of its panels (by key; the first if none is named)."""
    return PanelPage(LESSON, panel).widget
