"""What the first story of every panel answers to the panel's prediction, and a check of a run against it."""

from mi_explorer.pages import LESSONS

PANELS = {panel.key: panel for lesson in LESSONS for panel in lesson.panels}

#: The number of the right answer, by panel.
RIGHT = {
    "terms": 2, "capacity": 1, "cascade": 2, "sampling": 1,
    "same-law": 1, "not-linear": 2, "swirl": 2, "lossless": 2, "no-decoder": 1, "noisier": 1,
    "ledger": 0, "ascent": 2, "microscope": 2, "ceiling": 3, "playground": 2,
    "digits": 2, "cards": 1, "queue": 2, "labels": 1,
    "infogan": 2, "rate-distortion": 1, "digit-vae": 2, "denoising": 0, "deep-infomax": 1,
    "registration": 2, "segmentation": 2, "clustering": 1,
    "masked": 2, "foresight": 2, "distractors": 1, "reaching": 2,
}


def assert_foretold(snapshot) -> None:
    """The run of a panel's study, made with the settings of its first story or near them, bears out the right answer."""
    panel = next(panel for panel in PANELS.values() if panel.study is type(snapshot.study))
    asks = panel.predict
    assert asks.right(snapshot) == RIGHT[panel.key], (asks.question, asks.happened(snapshot, "nats"))
