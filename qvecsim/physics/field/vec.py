"""Section III-C by the field's models: NOMA with SIC, a downlink and a wired backhaul of their own. Level: the seam.

Instead of (13)-(16): every upload has the vehicles' whole band, its unit decodes the strongest first, what a
cancellation leaves is ``radio.sic_residual``; with ``radio.access: ofdma`` each has an equal part of the band instead.
Other units use other channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qvecsim.physics.amended import problem
from qvecsim.physics.field import noma, ofdma
from qvecsim.physics.paper.vec import NOISE, local_s, offload_s, rate
from qvecsim.physics.tally import Tally
from qvecsim.physics.wiring import VecSeam
from qvecsim.rows import which
from qvecsim.scenario.parameters import Radio, Scenario
from qvecsim.types import Action, Bools, Draws, Floats, Ints, Rates, Scene, Uploads
from qvecsim.units import MS_PER_S, dbm_to_w, from_db


def admitted(uploads: Uploads, draws: Draws, prm: Scenario) -> Bools:
    """(D,) who may begin to send: as many as reach ``radio.admission_db``, with those under way."""
    received_w, unit = _received(uploads, draws, prm)
    asks = np.arange(len(unit)) >= len(uploads.sender)
    passed = ACCESS[prm.radio.access].admissible(received_w, unit, asks, prm)
    found = np.zeros(len(uploads.row), dtype=bool)
    found[which(uploads.offload)] = passed[asks]
    return found


def uplink(uploads: Uploads, action: Action, scene: Scene, draws: Draws, prm: Scenario) -> Rates:
    """What uploads that begin get at their unit, and what they would get if they joined another."""
    tally, radio, row = Tally(), prm.radio, uploads.row
    gain = draws.gain[row]
    target = np.where(uploads.offload, uploads.rsu, 0)
    sinr, part = ACCESS[radio.access].begun(uploads, draws, prm)
    band_hz = action.bandwidth * radio.bandwidth_hz * part
    rate_bps = np.full(sinr.shape, radio.rate_bps) if prm.sources.rate == "table" else rate(band_hz, sinr)
    input_bit, cycles = uploads.input_bit[:, None].astype(np.float64), uploads.cycles.astype(np.float64)
    back_s = give_back(uploads.result_bit[:, None], rate_bps, downlink(gain, prm), prm)
    offload = offload_s(input_bit, rate_bps, cycles[:, None], scene.edge_hz, back_s)
    tally.guard("gain.clip", (draws.gain, draws.clipped))
    tally.broken("C4", draws.too_strong)
    tally.broken("C13", problem.c13(rate_bps))
    chosen = np.arange(len(row)), target
    first_bps = rate_bps[chosen]  # what an outage does to it no prediction knows
    first_bps[which(uploads.offload)] *= _heard(*_received(uploads, draws, prm), prm)[len(uploads.sender) :]
    local = local_s(cycles, uploads.local_hz[row])
    return Rates(sinr[chosen], first_bps, local, offload, back_s, tally.guards, tally.violations)


def give_back(result_bit: Ints, rate_bps: Floats, downlink_bps: Floats, prm: Scenario) -> Floats:
    """The way back, s: the longer of the downlink to the vehicle and of the wire to the crowdsourcing platform."""
    edge = prm.edge
    with np.errstate(divide="ignore"):
        air_s = np.divide(result_bit, downlink_bps)
    wire_s = edge.wired_s + result_bit / edge.wired_bps + result_bit * edge.vcp_ms_per_bit / MS_PER_S
    return np.maximum(air_s, wire_s)


def downlink(gain: Floats, prm: Scenario) -> Floats:
    """Rate of the downlink, bit/s: a band and a power of its own, without interference."""
    radio = prm.radio
    noise_w = NOISE[radio.noise](radio.noise_dbm, radio.downlink_hz, radio.noise_figure_db)
    return rate(radio.downlink_hz, radio.downlink_power_w * gain / noise_w)


def power(limit_w: Floats, gain: Floats, prm: Scenario) -> Floats:
    """Power of an upload, W, by the gain of the slot in which it begins: the most, or open-loop control."""
    radio = prm.radio
    if radio.power == "full":
        return limit_w
    return noma.fractional_w(limit_w, gain, dbm_to_w(radio.power_target_dbm), radio.power_compensation)


def noise(prm: Scenario) -> float:
    """Thermal noise of the uplink's band at the receiver, W."""
    radio: Radio = prm.radio
    return NOISE[radio.noise](radio.noise_dbm, radio.bandwidth_hz, radio.noise_figure_db)


def _received(uploads: Uploads, draws: Draws, prm: Scenario) -> tuple[Floats, Ints]:
    """(K,) power and unit of the uploads under way, then of those that ask or begin."""
    row, rsu = uploads.row[uploads.offload], uploads.rsu[uploads.offload]
    under_way_w = uploads.sender_w * draws.gain[uploads.sender, uploads.sender_rsu]
    own_w = power(uploads.tx_power_w[row], draws.gain[row, rsu], prm) * draws.gain[row, rsu]
    return np.concatenate([under_way_w, own_w]), np.concatenate([uploads.sender_rsu, rsu])


def _own_w(uploads: Uploads, draws: Draws, prm: Scenario) -> Floats:
    """(D, M) what each unit would hear of each that decides."""
    gain = draws.gain[uploads.row]
    return power(uploads.tx_power_w[uploads.row, None], gain, prm) * gain


def _sinr(uploads: Uploads, draws: Draws, prm: Scenario) -> tuple[Floats, Floats]:
    """NOMA, (D, M) at its turn, where it sends; elsewhere as if it were one more. All have the whole band."""
    own_w = _own_w(uploads, draws, prm)
    received_w, unit = _received(uploads, draws, prm)
    residual = prm.radio.sic_residual
    heard = noma.ladder(received_w, unit, own_w.shape[1])
    disturbed_w = noma.joining(heard, own_w, residual)
    begins = which(uploads.offload)
    disturbed_w[begins, uploads.rsu[begins]] = noma.disturbance(heard, residual)[len(uploads.sender) :]
    return own_w / (disturbed_w + noise(prm)), np.ones(1)


def _snr(uploads: Uploads, draws: Draws, prm: Scenario) -> tuple[Floats, Floats]:
    """OFDMA, (D, M) in its part, where it sends; elsewhere in the part of one more; and these parts of the band."""
    own_w = _own_w(uploads, draws, prm)
    _, unit = _received(uploads, draws, prm)
    users = np.tile(ofdma.sharers(unit, own_w.shape[1]) + 1, (len(own_w), 1))
    begins = which(uploads.offload)
    users[begins, uploads.rsu[begins]] -= 1
    return ofdma.snr(own_w, users, noise(prm)), 1.0 / users


def refresh(
    power_w: Floats, row: Ints, unit: Ints, action: Action, draws: Draws, prm: Scenario
) -> tuple[Floats, Floats]:
    """(S,) SINR and rate, bit/s, in this slot of all that send, by its gains and by who sends now."""
    radio = prm.radio
    received_w = power_w * draws.gain[row, unit]
    sinr, part = ACCESS[radio.access].sending(received_w, unit, prm)
    band_hz = action.bandwidth[unit] * radio.bandwidth_hz * part
    rate_bps = np.full(sinr.shape, radio.rate_bps) if prm.sources.rate == "table" else rate(band_hz, sinr)
    return sinr, rate_bps * _heard(received_w, unit, prm)


def _heard(received_w: Floats, unit: Ints, prm: Scenario) -> Bools:
    """(K,) whose bits arrive in this slot: all, or with ``radio.outage_db`` those that their unit can decode."""
    if prm.radio.outage_db is None:
        return np.ones(len(unit), dtype=bool)
    return ACCESS[prm.radio.access].decoded(received_w, unit, from_db(prm.radio.outage_db), prm)


def _noma_admissible(received_w: Floats, unit: Ints, asks: Bools, prm: Scenario) -> Bools:
    threshold = from_db(prm.radio.admission_db)
    return noma.admissible(received_w, unit, asks, noise(prm), threshold, prm.radio.sic_residual)


def _ofdma_admissible(received_w: Floats, unit: Ints, asks: Bools, prm: Scenario) -> Bools:
    return ofdma.admissible(received_w, unit, asks, noise(prm), from_db(prm.radio.admission_db))


def _noma_sending(received_w: Floats, unit: Ints, prm: Scenario) -> tuple[Floats, Floats]:
    return noma.sinr(received_w, unit, noise(prm), prm.radio.sic_residual), np.ones(1)


def _ofdma_sending(received_w: Floats, unit: Ints, prm: Scenario) -> tuple[Floats, Floats]:
    users = ofdma.sharers(unit, 0)[unit]
    return ofdma.snr(received_w, users, noise(prm)), 1.0 / users


def _noma_decoded(received_w: Floats, unit: Ints, threshold: float, prm: Scenario) -> Bools:
    return noma.decoded(received_w, unit, noise(prm), prm.radio.sic_residual, threshold)


def _ofdma_decoded(received_w: Floats, unit: Ints, threshold: float, prm: Scenario) -> Bools:
    decoded: Bools = _ofdma_sending(received_w, unit, prm)[0] >= threshold
    return decoded


class Access(NamedTuple):
    """How uploads share a unit's band: who may start; SINR and part of the band of those that do, and of all."""

    admissible: Callable[[Floats, Ints, Bools, Scenario], Bools]
    begun: Callable[[Uploads, Draws, Scenario], tuple[Floats, Floats]]
    sending: Callable[[Floats, Ints, Scenario], tuple[Floats, Floats]]
    decoded: Callable[[Floats, Ints, float, Scenario], Bools]  # above an outage threshold


ACCESS = {
    "noma": Access(_noma_admissible, _sinr, _noma_sending, _noma_decoded),
    "ofdma": Access(_ofdma_admissible, _snr, _ofdma_sending, _ofdma_decoded),
}
SEAM = VecSeam(admitted, uplink, give_back, downlink, noise, refresh, power)
