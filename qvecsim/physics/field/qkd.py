"""Section III-B as the field has it: what a QKD link makes, from its loss, its detectors and its protocol.

The same signature as the other profiles' key models. The detector of a link is that of its node; with pairs from the
middle, both receivers are like it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.physics import guards
from qvecsim.physics.field import detector, protocols
from qvecsim.physics.field.channel import Channel, repeaterless_bound, transmittance
from qvecsim.physics.field.settings import settings
from qvecsim.physics.paper.problem import c1
from qvecsim.physics.paper.qkd import entropy
from qvecsim.physics.tally import Tally
from qvecsim.physics.tapping import tapped
from qvecsim.scenario.parameters import Qkd, Scenario, Sources
from qvecsim.types import Action, Draws, Floats, Links, Scene, State

TABLED = ("pair_rate", "visibility", "qber")


def seam(state: State, action: Action, scene: Scene, draws: Draws, prm: Scenario) -> Links:
    """Key rates of the fibre links, which are the only pairs there are.

    The action's efficiency is the share of ``qkd.field.efficiency`` at which a node's detectors are run; temperature
    derates it and raises the background, drift moves the phase between the ends, and an eavesdropper adds errors. The
    margin is the share of the sifted key that is given up: 1 where there is no key.
    """
    tally, q, node = Tally(), prm.qkd, scene.link_node
    arrives = transmittance(q.attenuation_db_per_km, scene.link_km, scene.link_db)
    tally.broken("C1", c1(arrives))
    set_to = detector.efficiency(
        q.field.efficiency, action.efficiency, q.temperature_coefficient, state.temperature_k, q.reference_k
    )
    efficiency = tally.guard("eq3.clamp", guards.clamp(set_to, 0.0, 1.0))
    background = _background(state.temperature_k, q)
    misalignment = detector.misaligned(q.field.misalignment, q.field.misalignment_drift_rad * state.drift[1])
    wrong = tapped(misalignment[node], draws.outages.intercepted)
    channel = Channel(arrives, efficiency[node], background[node], wrong)
    key = protocols.protocol(q).key(_settings(arrives.tobytes(), q), channel, q)
    secret = secret_bits(key, channel, prm.keys.abort_qber)
    given_up = 1.0 - np.divide(secret, key.sifted, out=np.zeros_like(secret), where=key.sifted > 0.0)
    rate = key_rate(secret, key, q)
    return Links(rate, key.qber, entropy(key.qber), given_up, arrives, efficiency, rate, tally.guards, tally.violations)


def secret_bits(key: protocols.Key, channel: Channel, abort_qber: float | None) -> Floats:
    """Secret bits a pulse: none above the abort threshold, and never more than any protocol could make."""
    kept = np.where(key.qber <= (1.0 if abort_qber is None else abort_qber), np.maximum(key.secret, 0.0), 0.0)
    return np.minimum(kept, repeaterless_bound(channel.transmittance))


def key_rate(secret: Floats, key: protocols.Key, q: Qkd) -> Floats:
    """Secret bits a second: the clock's pulses, of which dead receivers miss some, and what can be distilled."""
    field = q.field
    awake = detector.DEAD_TIMES[field.dead_time](field.clock_hz * key.click, field.dead_time_s)
    rate = field.clock_hz * secret * awake ** protocols.protocol(q).receivers
    return np.minimum(rate, np.inf if field.post_processing_cap_bps is None else field.post_processing_cap_bps)


def usual(arrives: Floats, q: Qkd) -> Channel:
    """Links (L,) in their usual state: mean temperature, no drift, detectors at the highest level that can be set."""
    level = max(q.efficiencies)
    set_to = detector.efficiency(q.field.efficiency, level, q.temperature_coefficient, q.temperature_k, q.reference_k)
    parts = np.clip(set_to, 0.0, 1.0), _background(q.temperature_k, q), np.asarray(q.field.misalignment)
    return Channel(arrives, *(np.full(arrives.shape, part) for part in parts))


def refuse_tables(sources: Sources) -> None:
    """Quantities of Table II that are drawn from a set have no place in this model."""
    for name in TABLED:
        if getattr(sources, name) == "table":
            raise ScenarioError(f"'sources.{name}' must be 'equation' with 'physics.qkd: field' (got 'table').")


def _background(temperature_k: float | Floats, q: Qkd) -> Floats:
    return detector.background(q.field.dark_per_gate, q.field.dark_activation_ev, temperature_k, q.reference_k)


@lru_cache(maxsize=32)
def _settings(arrives: bytes, q: Qkd) -> protocols.Settings:
    """What devices are set to, once for all slots of a run; the transmittances as bytes can be looked up."""
    found = settings(usual(np.frombuffer(arrives), q), q)
    for values in found.values():
        values.flags.writeable = False
    return found
