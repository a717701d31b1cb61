"""What did you just see? One sentence about a whole run, from its numbers."""

from __future__ import annotations

__all__ = ["seen"]

import math

from mi_explorer.verdicts import CLOSE, Reading, format_mi


def seen(readings: list[Reading], unit: str) -> str:
    """Who came nearest, who stayed furthest off, and what stood in the way; empty before the first estimates."""
    told = [one for one in readings if math.isfinite(one.estimate)]
    dead = [one.bound.name for one in readings if one.alive == 0]
    lost = f" {listed(dead)} did not survive." if dead else ""
    if not told:
        return lost.strip()

    def off(one: Reading) -> float:
        return abs(one.estimate - one.truth)

    def stands(one: Reading) -> str:
        if off(one) <= CLOSE:
            return f"{one.bound.name} found {format_mi(one.estimate, unit)} of {amount(one.truth)}"
        side = "too much" if one.estimate > one.truth else "too little"
        return f"{one.bound.name} shows {amount(one.estimate)}, {format_mi(off(one), unit)} {side}"

    def amount(nats: float) -> str:
        return f"{format_mi(nats, unit)} {unit}"

    best, worst = min(told, key=off), max(told, key=off)
    truth = f"There are {amount(best.truth)} to find. "
    if len(told) == 1:
        text = f"{truth}{stands(best)}."
    elif off(worst) <= CLOSE:
        text = f"{truth}All of them came within {format_mi(CLOSE, unit)}."
    else:
        text = f"{truth}Nearest: {stands(best)}. Furthest off: {stands(worst)}."
    capped = [one for one in told if (top := one.bound.ceiling(one.batch_size)) is not None and one.truth > top]
    if capped:
        one = capped[0]
        text += f" With K = {one.batch_size} {one.bound.name} could not have shown more than {amount(one.bound.ceiling(one.batch_size))}."
    jumpy = max(told, key=lambda one: one.sd if math.isfinite(one.sd) else 0)
    if math.isfinite(jumpy.sd) and jumpy.sd > max(0.5, 0.25 * jumpy.truth):
        text += f" {jumpy.bound.name} jumps: its replicates differ by {amount(jumpy.sd)}."
    return text + lost


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
