"""What a model of the user's own answers at a seam is looked at here, before anything is computed from it.

Profiles of ours are not wrapped and pay nothing. Every refusal is one line that names the seam and what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qvecsim.errors import PluginError, ScenarioError
from qvecsim.physics.guards import GUARDS
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.physics.wiring import VecSeam
from qvecsim.plugin import own_code
from qvecsim.types import Action, Draws, Finality, Floats, Ints, Latencies, Links, Rates, Scene, State, Terms, Uploads

PAIRS = ("key_rate_bps", "qber", "entropy", "security_margin", "transmittance")


class Seam:
    """Who is asked, and for what: calls it, and says in one line what is wrong with the answer."""

    def __init__(self, key: str, reference: str, function: Callable[..., Any]) -> None:
        self.key = key
        self.reference = reference
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        """Its answer; PluginRaisedError where there is none."""
        with own_code(self.key, self.reference):
            return self.function(*arguments)

    def refuse(self, rule: str, got: Any) -> PluginError:
        """The error to raise for an answer that breaks a rule."""
        return PluginError(f"'{self.key}' {self.reference} must return {rule} (got {got}).")

    def record(self, answer: Any, kind: type[Any]) -> None:
        """Whether it is the record that the seam has, with its counts."""
        if not isinstance(answer, kind):
            raise self.refuse(f"a qvecsim.types.{kind.__name__}", type(answer).__name__)
        self.array(answer.guards, "guards", (len(GUARDS),), "iu")
        self.array(answer.violations, "violations", (len(CONSTRAINTS),), "iu")

    def array(self, value: Any, name: str, shape: tuple[int, ...], kind: str = "fiu") -> Any:
        """Whether it is an array of numbers (``kind``: of which) of this shape."""
        if not isinstance(value, np.ndarray):
            raise self.refuse(f"{name} as a NumPy array", type(value).__name__)
        if value.shape != shape:
            raise self.refuse(f"{name} of shape {shape}", value.shape)
        if value.dtype.kind not in kind:
            raise self.refuse(f"{name} as {'truth values' if kind == 'b' else 'numbers'}", value.dtype)
        return value

    def sound(self, value: Any, name: str, *, low: float = -np.inf, finite: bool = False) -> None:
        """Whether no number of it is NaN, below ``low``, or (``finite``) infinite."""
        bad = ~(value >= low) | (finite & np.isinf(value))
        if bad.any():
            least = f" from {low:g} on" if np.isfinite(low) else ""
            raise self.refuse(f"{name} as {'finite ' if finite else ''}numbers{least}", np.asarray(value)[bad].flat[0])

    def number(self, value: Any, name: str, *, low: float = -np.inf) -> None:
        """Whether it is one finite number, ``low`` at least."""
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            raise self.refuse(f"{name} as a number", type(value).__name__)
        self.sound(np.asarray([value]), name, low=low, finite=True)


def qkd(reference: str, function: Any) -> Callable[..., Links]:
    """A key model of one's own, watched."""
    seam = _seam("physics.qkd", reference, function)

    def watched(state: State, action: Action, scene: Scene, draws: Draws, prm: Any) -> Links:
        links: Links = seam(state, action, scene, draws, prm)
        seam.record(links, Links)
        pairs = len(links.key_rate_bps) if isinstance(links.key_rate_bps, np.ndarray) and links.key_rate_bps.ndim else 0
        if pairs < len(scene.link):
            raise seam.refuse(f"key_rate_bps of all {len(scene.link)} links, which come first", pairs)
        for name in PAIRS:
            seam.array(getattr(links, name), name, (pairs,))
        seam.array(links.efficiency, "efficiency", (len(scene.node),))
        seam.sound(links.key_rate_bps, "key_rate_bps", low=0.0, finite=True)
        seam.sound(seam.array(links.priced_bps, "priced_bps", np.shape(links.priced_bps)), "priced_bps", finite=True)
        return links

    return watched


def vec(reference: str, own: Any) -> VecSeam:
    """A radio of one's own, watched."""
    if not isinstance(own, VecSeam):
        raise ScenarioError(f"'physics.vec' must name a qvecsim.physics.wiring.VecSeam (got '{reference}').")
    given = {name: function for name, function in own._asdict().items() if function is not None}
    seams = {name: _seam("physics.vec", f"{reference}, {name},", function) for name, function in given.items()}
    return VecSeam(**{name: WATCHED[name](seam) for name, seam in seams.items()})


def chain(reference: str, function: Any) -> Callable[..., Finality]:
    """A block cost model of one's own, watched."""
    seam = _seam("physics.chain", reference, function)

    def watched(*arguments: Any) -> Finality:
        finality: Finality = seam(*arguments)
        seam.record(finality, Finality)
        for name in ("generation_s", "propagation_s", "verification_s", "finality_s"):
            seam.number(getattr(finality, name), name, low=0.0)
        return finality

    return watched


def problem(reference: str, function: Any) -> Callable[..., Terms]:
    """An objective of one's own, watched."""
    seam = _seam("physics.problem", reference, function)

    def watched(links: Links, latencies: Latencies, finality: Finality, prm: Any) -> Terms:
        terms: Terms = seam(links, latencies, finality, prm)
        seam.record(terms, Terms)
        for name in ("key", "latency", "block"):
            seam.number(getattr(terms, name), name)
        seam.sound(seam.array(terms.latency_s, "latency_s", latencies.deadline_s.shape), "latency_s")
        return terms

    return watched


def _admitted(seam: Seam) -> Any:
    def watched(uploads: Uploads, draws: Draws, prm: Any) -> Any:
        passed = seam.array(seam(uploads, draws, prm), "who may start", uploads.offload.shape, "b")
        if (passed & ~uploads.offload).any():
            raise seam.refuse("True only for vehicles that ask", "one that does not")
        return passed

    return watched


def _uplink(seam: Seam) -> Any:
    def watched(uploads: Uploads, action: Action, scene: Scene, draws: Draws, prm: Any) -> Rates:
        rates: Rates = seam(uploads, action, scene, draws, prm)
        seam.record(rates, Rates)
        asked = len(uploads.row)
        sends = np.flatnonzero(uploads.offload)
        for name in ("sinr", "rate_bps", "local_s"):
            seam.sound(seam.array(getattr(rates, name), name, (asked,)), name, low=0.0)
        for name in ("offload_s", "back_s"):  # of the units that nobody chose nothing is read
            value = seam.array(getattr(rates, name), name, (asked, len(scene.rsu)))
            seam.sound(value[sends, uploads.rsu[sends]], name, low=0.0)
        return rates

    return watched


def _give_back(seam: Seam) -> Any:
    def watched(result_bit: Ints, rate_bps: Floats, downlink_bps: Floats, prm: Any) -> Floats:
        shape = np.broadcast_shapes(result_bit.shape, rate_bps.shape, downlink_bps.shape)
        back_s: Floats = seam.array(seam(result_bit, rate_bps, downlink_bps, prm), "times", shape)
        seam.sound(back_s, "times", low=0.0)
        return back_s

    return watched


def _downlink(seam: Seam) -> Any:
    def watched(gain: Floats, prm: Any) -> Floats:
        rate_bps: Floats = seam.array(seam(gain, prm), "rates", gain.shape)
        seam.sound(rate_bps, "rates", low=0.0)
        return rate_bps

    return watched


def _noise(seam: Seam) -> Any:
    def watched(prm: Any) -> float:
        noise_w: float = seam(prm)
        seam.number(noise_w, "a power", low=0.0)
        return noise_w

    return watched


def _refresh(seam: Seam) -> Any:
    def watched(power_w: Floats, row: Ints, unit: Ints, action: Action, draws: Draws, prm: Any) -> Any:
        found = seam(power_w, row, unit, action, draws, prm)
        if not isinstance(found, tuple) or len(found) != 2:
            raise seam.refuse("SINRs and rates", type(found).__name__)
        for name, value in zip(("sinr", "rate_bps"), found, strict=True):
            seam.sound(seam.array(value, name, power_w.shape), name, low=0.0)
        return found

    return watched


def _power(seam: Seam) -> Any:
    def watched(limit_w: Floats, gain: Floats, prm: Any) -> Floats:
        power_w: Floats = seam.array(seam(limit_w, gain, prm), "powers", np.broadcast_shapes(limit_w.shape, gain.shape))
        seam.sound(power_w, "powers", low=0.0, finite=True)
        return power_w

    return watched


def _seam(key: str, reference: str, function: Any) -> Seam:
    if not callable(function):
        raise ScenarioError(f"'{key}' must name a function (got '{reference}').")
    return Seam(key, reference, function)


WATCHED: dict[str, Callable[[Seam], Any]] = {
    "admitted": _admitted,
    "uplink": _uplink,
    "give_back": _give_back,
    "downlink": _downlink,
    "noise": _noise,
    "refresh": _refresh,
    "power": _power,
}
SEAMS: dict[str, Callable[[str, Any], Any]] = {"qkd": qkd, "vec": vec, "chain": chain, "problem": problem}
