"""The live chart: curves that the browser draws from numbers while a run goes on."""

from __future__ import annotations

__all__ = ["LiveChart"]

import threading

import anywidget
import numpy as np
import traitlets

from mi_explorer.widgets.style import static, theme_css

ROWS = 4  # step, mean, low, high


class Curve:
    """The points of one curve so far, as the rows of a growing float32 array, and how many the browser has."""

    def __init__(self):
        self.table = np.empty((ROWS, 256), np.float32)
        self.count = 0
        self.sent = 0
        self.tentative = 0  # columns after ``count`` that are sent, and sent again until points take their place

    @property
    def end(self) -> int:
        return self.count + self.tentative

    def append(self, rows, tentative: bool) -> None:
        columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(row, np.float32)) for row in rows))
        new = np.stack([column.ravel() for column in columns])
        end = self.count + new.shape[1]
        if end > self.table.shape[1]:
            grown = np.empty((ROWS, max(end, 2 * self.table.shape[1])), np.float32)
            grown[:, : self.count] = self.table[:, : self.count]
            self.table = grown
        self.table[:, self.count : end] = new
        if tentative:
            self.tentative = new.shape[1]
        else:
            self.count, self.tentative = end, 0


def pack(curves: list[Curve], start_of) -> tuple[list[list[int]], bytes]:
    """The points of each curve from ``start_of(curve)`` on: blocks [curve, start, count, steps at, values at], floats.

    The two places count float32 numbers from the beginning of the buffer. Curves usually share their steps, so equal
    steps are written once. Each block carries its start: a browser that already has some of the points overwrites
    them, hence a frame and a snapshot may overlap.
    """
    blocks, parts, places, size = [], [], {}, 0

    def write(data: bytes) -> int:
        nonlocal size
        place, size = size, size + len(data) // 4
        parts.append(data)
        return place

    for index, curve in enumerate(curves):
        start, count = start_of(curve), curve.end - start_of(curve)
        if count <= 0:
            continue
        steps = curve.table[0, start : curve.end].tobytes()
        if steps not in places:
            places[steps] = write(steps)
        blocks.append([index, start, count, places[steps], write(curve.table[1:, start : curve.end].tobytes())])
    return blocks, b"".join(parts)


class LiveChart(anywidget.AnyWidget):
    """Curves over training steps, with the truth and the ceiling, drawn by the browser. Values are in nats.

    Points are collected with :meth:`append` and leave in one small binary message per :meth:`flush`. Python keeps all
    of them, so that a page that is opened late, or again, asks for a snapshot and shows the whole run. All methods may
    be called from any thread; one at a time should call ``flush``.
    """

    _esm = static("theme.js") + static("plot.js") + static("guess.js") + static("curves.js") + static("chart.js")
    _css = theme_css() + static("chart.css")

    truth = traitlets.List(help="[step, value] pairs: the true MI from that step on").tag(sync=True)
    ceiling = traitlets.List(help="[step, value] pairs: log K from that step on; empty: not drawn").tag(sync=True)
    unit = traitlets.Enum(["nats", "bits"], "nats").tag(sync=True)
    description = traitlets.Unicode("Estimates of mutual information over training steps.").tag(sync=True)
    hint = traitlets.Unicode("", help="shown in the middle while there is no curve").tag(sync=True)
    smooth = traitlets.Bool(True, help="a median over some pixels, the points themselves faint behind it").tag(sync=True)
    guess = traitlets.Float(None, allow_none=True, help="what the visitor expects, in nats: a line to be dragged").tag(sync=True)
    guessing = traitlets.Bool(False, help="whether the line may be dragged now").tag(sync=True)
    guess_label = traitlets.Unicode("Your guess", help="what the line asks").tag(sync=True)
    show_perfect = traitlets.Bool(True, help="thin lines for the perfect critic").tag(sync=True)

    @traitlets.validate("guess")
    def _finite_guess(self, proposal):
        """A browser may send anything: what is no number on any chart is no guess."""
        value = proposal["value"]
        return value if value is not None and -100 <= value <= 100 else None

    def __init__(self, **traits):
        super().__init__(**traits)
        self._lock = threading.Lock()
        self._run = 0
        self._series: list[dict] = []
        self._curves: dict[str, Curve] = {}
        self._x_max = 1.0
        self._title = ""
        self.on_msg(self._answer)

    def start(self, series: list[dict], x_max: float, title: str = "") -> None:
        """Clear the chart and announce its curves: dicts of key, label, style (palette index) and kind.

        ``kind`` is "curve", "perfect" for the thin line of a perfect critic, or "bracket" for the shaded space between low
        and high. Points of an earlier run that are
        still on their way are ignored by the browser.
        """
        with self._lock:
            self._run += 1
            self._series = [{"kind": "curve", **entry} for entry in series]
            self._curves = {entry["key"]: Curve() for entry in self._series}
            self._x_max, self._title = float(x_max), title
            self._send_snapshot()

    def append(self, key: str, step, mean, low=None, high=None, *, tentative: bool = False) -> None:
        """Add points to curve ``key``: numbers or 1-d arrays of one length, NaN for a gap. They leave at ``flush``.
        ``tentative`` points are the last ones only until others are added: an average that is still growing."""
        with self._lock:
            rows = (step, mean, mean if low is None else low, mean if high is None else high)
            self._curves[key].append(rows, tentative)

    def flush(self) -> int:
        """Send the points that the browser has not yet been sent, in one message; the size of its buffer in bytes."""
        with self._lock:
            blocks, data = pack(list(self._curves.values()), lambda curve: curve.sent)
            if blocks:
                self._mark_sent()
                self.send({"type": "points", "run": self._run, "blocks": blocks}, [data])
            return len(data)

    def points(self, key: str) -> dict[str, np.ndarray]:
        """The points of curve ``key`` so far: arrays step, mean, low, high (copies)."""
        with self._lock:
            curve = self._curves[key]
            return dict(zip(("step", "mean", "low", "high"), curve.table[:, : curve.count].copy(), strict=True))

    def _mark_sent(self) -> None:
        for curve in self._curves.values():
            curve.sent = curve.count

    def _send_snapshot(self) -> None:
        blocks, data = pack(list(self._curves.values()), lambda curve: 0)
        self._mark_sent()
        about = {"series": self._series, "x_max": self._x_max, "title": self._title}
        self.send({"type": "start", "run": self._run, **about, "blocks": blocks}, [data])

    def _answer(self, _, content, buffers) -> None:
        if content == {"type": "ready"}:
            with self._lock:
                self._send_snapshot()

    def __repr__(self) -> str:
        return f"LiveChart({len(self._curves)} curves)"  # the default would serialise every trait
