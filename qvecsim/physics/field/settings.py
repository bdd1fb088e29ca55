"""How the devices of a link are set: as the parameters say, and for the rest so that a pulse brings the most.

Intensities are chosen once for a link and stay while temperature and drift move its detectors, as on real devices.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qvecsim.physics.field.channel import Channel
from qvecsim.physics.field.protocols import Settings, protocol
from qvecsim.physics.field.search import maximum
from qvecsim.scenario.parameters import Qkd
from qvecsim.types import Floats

WEAK_DECOY = 0.05  # Ma et al. (2005), fig. 1; without fluctuations, the weaker the better
# Near the end of the reach, short blocks need so many checks that the basis of the key is the rarer one.
RAREST_BASIS, COMMONEST_BASIS = 0.1, 0.9999
BRIGHTEST, MOST_PAIRS = 1.5, 2.0  # where the best is looked for; beyond 1, more photons bring more multiples only
# Where the search begins: a long and a short block; at the first, devices stay where there is no key at all.
STARTS = {
    "mu": (0.3, 0.3),
    "weak": (0.45, 0.5),
    "key_basis": (0.9167, 0.6667),
    "signal_share": (0.6, 0.25),
    "weak_share": (0.6, 0.6),
}


def settings(channel: Channel, q: Qkd) -> Settings:
    """Of every link, (L,)."""
    model = protocol(q)
    free = [name for name in model.knobs if getattr(q.field, name) is None]
    places = len(channel.transmittance)
    starts = np.array([STARTS[name] for name in free]).reshape(len(free), 2)

    def chosen(shares: Floats) -> Settings:
        found = placed(dict(zip(free, shares, strict=True)), q)
        return {name: np.broadcast_to(found[name], shares.shape[1:]) for name in model.knobs}

    def secret(shares: Floats) -> Floats:
        return model.key(chosen(shares), channel, q).secret

    best = maximum(secret, starts, places) if free else np.zeros((0, places))
    best = np.where(secret(best) > 0.0, best, starts[:, :1])
    return {name: np.array(values) for name, values in chosen(best).items()}


def placed(shares: Mapping[str, Floats], q: Qkd) -> Settings:
    """Settings from shares of the ranges that are left to them, so that all shares from 0 to 1 are allowed."""
    field, two = q.field, q.field.finite_decoys == "two" and q.field.protocol == "finite"
    vacuum = field.vacuum if two else 0.0
    if field.protocol == "bbm92":
        share = shares.get("mu")
        return {"mu": _between(1e-4, MOST_PAIRS, field.mu, None if share is None else share**2)}  # small ones matter
    least = vacuum + 1.001 * (vacuum if field.weak is None else field.weak) + 1e-3
    mu = _between(least, least + BRIGHTEST, field.mu, shares.get("mu"))
    if field.protocol == "decoy":
        return {"mu": mu, "weak": _between(0.0, np.minimum(2.0 * WEAK_DECOY, mu), field.weak, np.asarray(0.5))}
    weak = _inside(vacuum, mu - vacuum, field.weak, shares.get("weak"))
    signal = _inside(0.0, 1.0 - (field.weak_share or 0.0), field.signal_share, shares.get("signal_share"))
    return {
        "mu": mu,
        "weak": weak,
        "key_basis": _between(RAREST_BASIS, COMMONEST_BASIS, field.key_basis, shares.get("key_basis")),
        "signal_share": signal,
        "weak_share": _inside(0.0, 1.0 - signal, field.weak_share, shares.get("weak_share")),
    }


def _between(low: float | Floats, high: float | Floats, fixed: float | None, share: Floats | None) -> Floats:
    return np.asarray(low + (high - low) * share if fixed is None and share is not None else fixed, dtype=np.float64)


def _inside(low: float | Floats, high: float | Floats, fixed: float | None, share: Floats | None) -> Floats:
    """Between the two and equal to neither, which would leave an intensity without pulses or without difference."""
    edge = 0.002 * (high - low)
    return _between(low + edge, high - edge, fixed, share)
