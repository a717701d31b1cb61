"""The panel "Can it sort digits without names?": invariant information clustering, with views and without."""

from __future__ import annotations

__all__ = ["CLUSTERING"]

from mi_explorer.objectives.clustering import ARMS, Clustering, ClusteringSnapshot, accuracy, normalized
from mi_explorer.objectives.joint import information
from mi_explorer.pages.panels.panel import Panel, Story
from mi_explorer.pages.panels.prediction import Prediction
from mi_explorer.pages.panels.words import amount
from mi_explorer.verdicts import format_mi
from mi_explorer.widgets import controls

LOOKS = {"views": 0, "same": 1}


def picture(snapshot: ClusteringSnapshot, unit: str, dark: bool, narrow: bool):
    from mi_explorer.figures.clustering import clustering

    return clustering(snapshot, unit, dark, narrow)


def started(snapshot: ClusteringSnapshot) -> bool:
    return all(arm.told for arm in snapshot.arms.values())


def facts(snapshot: ClusteringSnapshot, name: str, unit: str) -> str:
    arm = snapshot.arms[name]
    return f"{amount(arm.informations().mean(), unit)} and {100 * arm.ends(accuracy).mean():.0f} % in the right cluster"


def alternative(snapshot: ClusteringSnapshot, unit: str) -> str:
    if not started(snapshot):
        return "Two empty charts, of information and of accuracy over the training, and no clusters yet."
    told = "; ".join(f"{ARMS[name].lower()}: {facts(snapshot, name, unit)}" for name in ARMS)
    return f"Information and accuracy while two networks learn, and rows of digits that each puts together. {told}."


def headline(snapshot: ClusteringSnapshot, unit: str) -> str:
    if not started(snapshot):
        return "The networks have just been drawn: no information yet, no clusters."
    by_means = f"k-means on the pixels: {100 * accuracy(snapshot.means):.0f} %."
    count = len(snapshot.arms["views"].told)
    trainings = "1 training" if count == 1 else f"mean of {count} trainings"
    views, same = (facts(snapshot, name, unit) for name in ("views", "same"))
    return f"With two views of each picture: {views}. With the same picture twice: {same} ({trainings}). {by_means}"


def table(snapshot: ClusteringSnapshot, unit: str) -> str:
    rows = []
    for name, label in ARMS.items():
        arm, row = snapshot.arms[name], {"name": label, "style": LOOKS[name], "class": f"mi-row-{name}", "cells": ["–"] * 4}
        if arm.told:
            right, agreed = 100 * arm.ends(accuracy), arm.ends(normalized)
            means = (f"{right.mean():.1f} %", f"{agreed.mean():.3f}", format_mi(arm.ends(information).mean(), unit))
            row |= {"cells": [format_mi(arm.informations().mean(), unit), *means]}
            if len(right) > 1:
                spread = f"{right.min():.0f} to {right.max():.0f} % right, NMI {agreed.min():.2f} to {agreed.max():.2f}"
                row |= {"sentence": f"Over {len(right)} trainings: {spread}."}
        rows.append(row)
    if snapshot.means is not None:
        found = snapshot.means
        cells = ["–", f"{100 * accuracy(found):.1f} %", f"{normalized(found):.3f}", format_mi(information(found), unit)]
        rows.append({"name": "k-means", "class": "mi-row-means", "cells": cells})
    return controls.table([f"Information in {unit}", "Maximised", "Right", "NMI", "With digits"], rows)


def easy_views(snapshot: ClusteringSnapshot) -> int | None:
    """The number of the answer: what the same picture twice does to information and clusters; None where both are the same."""
    views, same = snapshot.arms["views"], snapshot.arms["same"]
    more = same.informations().mean() > views.informations().mean()
    worse = same.ends(accuracy).mean() < views.ends(accuracy).mean()
    return {(True, False): 0, (True, True): 1, (False, True): 2}.get((more, worse))


CLUSTERING = Panel(
    key="clustering",
    label="Can it sort digits without names?",
    question="Ten clusters, 1,797 handwritten digits, no names. A network shall give two views of a picture (turned, moved, noisy) "
    "the same label, and use all labels: it maximises the information between the two. What happens to it, and to the clusters, if both views are the very same picture?",
    stories=(
        Story(
            "views", "More information, worse clusters",
            "The orange curve is higher on top and lower below: without views there is more information, and it is about the wrong thing.",
            Clustering(),
        ),
        Story(
            "upside-down", "Views that go too far",
            "Turned by up to 180°: a 6 may be a 9 now, and hardly anything else is told apart. What the views throw away, the clusters cannot keep.",
            Clustering(rotation=180.0, seeds=2),
        ),
        Story(
            "uneven", "No push towards even clusters",
            "λ = 1 is the information itself. Trained for it directly, the network settles early, with some clusters of two or three digits and some of "
            "hardly any, and ends with less information than λ = 1.5 finds.",
            Clustering(balance=1.0, seeds=2),
        ),
        Story(
            "one-head", "A single head",
            "One clustering instead of the best of five. Heads do not differ much in one network; look at how much the trainings differ.",
            Clustering(heads=1),
        ),
    ),
    predict=Prediction(
        "Two views of a digit shall get the same label. What if both views are the very same picture, so that agreeing is easy?",
        ("More information, better clusters", "More information, worse clusters", "Less information, worse clusters"),
        right=lambda s: easy_views(s) if started(s) else None,
        happened=lambda s, unit: f"with views {facts(s, 'views', unit)}; without {facts(s, 'same', unit)}",
        because="Without views any confident, even split of the pictures has the most information there can be, about whatever it "
        "likes. The views say what "
        "must not matter, and that makes the clusters digits.",
        hints=("If agreeing costs nothing, is there any reason to sort by digit?",),
    ),
    main=("rotation", "shift", "balance", "heads", "seeds", "steps"),
    more=("zoom", "noise", "batch_size", "seed"),
    picture=picture, alternative=alternative, headline=headline, table=table,
    limits=(
        "The information that is maximised does not say how good the clusters are. With the same picture twice any confident "
        "and even clustering has the most there can be, log 10. The two curves are of different pairs: compare each with its own clusters.",
        "Which differences shall not matter is our knowledge, put in through the views. No label is used, "
        "but the views are chosen by people who know digits.",
        "Clusters are named after the digits they fit best, one each, to count them. Nothing is held out: "
        "like k-means, the network sorts the pictures it has seen.",
    ),
    papers=(
        ("Ji, Henriques & Vedaldi 2019, Invariant information clustering", "https://arxiv.org/abs/1807.06653"),
        ("Tschannen et al. 2020, On mutual information maximization for representation learning", "https://arxiv.org/abs/1907.13625"),
        ("Hu et al. 2017, Learning discrete representations via information maximizing self-augmented training", "https://arxiv.org/abs/1702.08720"),
    ),
)
