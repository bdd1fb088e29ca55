"""How equations make a seam: each function takes a namespace of equations and returns the model that answers there.

Equations call no equations, so a profile that replaces one of them replaces it everywhere: ``paper`` and ``amended``
are this wiring over two namespaces.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from qvecsim.physics import guards, signatures
from qvecsim.physics.pairs import Pairs
from qvecsim.physics.tally import Tally
from qvecsim.physics.tapping import tapped
from qvecsim.rows import which
from qvecsim.scenario.parameters import Qkd, Radio, Scenario
from qvecsim.types import (
    Action,
    Bools,
    Draws,
    Finality,
    Floats,
    Ints,
    Latencies,
    Links,
    Rates,
    Scene,
    State,
    Terms,
    Uploads,
)
from qvecsim.units import NS_PER_S, ZERO_CELSIUS_K, from_db

# (received_w (K,), rsu (K,), heard_w (M,), noise_w, threshold) -> who may start
Admission = Callable[[Floats, Ints, Floats, float, float], Bools]

# Not counted anywhere, because they hold by the types and by the rules of the parameters: C3 (powers are drawn from
# their set), C9, C11 and C12 (an action has one target and one producer), C14 and C15a (clocks and sizes). C7 and C8
# are counted, but hold where a band is shared out as ``share`` and ``chain`` do; a plug-in may do otherwise.

# The four seams; every profile and every plug-in has these signatures.
QkdSeam = Callable[[State, Action, Scene, Draws, Scenario], Links]
AdmissionSeam = Callable[[Uploads, Draws, Scenario], Bools]
UplinkSeam = Callable[[Uploads, Action, Scene, Draws, Scenario], Rates]
ReturnSeam = Callable[[Ints, Floats, Floats, Scenario], Floats]
# (power (S,), row, unit, action, draws, prm) of all that send -> SINR and rate in this slot
RefreshSeam = Callable[[Floats, Ints, Ints, Action, Draws, Scenario], tuple[Floats, Floats]]
ChainSeam = Callable[[State, int, int, float, Scenario], Finality]
ProblemSeam = Callable[[Links, Latencies, Finality, Scenario], Terms]


# All pairs together count as making this at least: 1 / kappa stays finite where no key is made.
KEY_RATE_FLOOR_BPS = 1.0


class VecSeam(NamedTuple):
    """The radio: who may begin to send; uploads that do; how long results take back, at which rate; the noise."""

    admitted: AdmissionSeam
    uplink: UplinkSeam
    give_back: ReturnSeam
    downlink: Callable[[Floats, Scenario], Floats]
    noise: Callable[[Scenario], float]
    # None: the rate of the decision slot holds for the whole upload, as in (16)
    refresh: RefreshSeam | None = None
    # (limit_w, gain, prm) -> power, W, that an upload has from its first to its last bit; None: the most
    power: Callable[[Floats, Floats, Scenario], Floats] | None = None


def _table(name: str, draws: Draws, values: tuple[float, ...], count: int) -> Floats:
    """A quantity drawn from its set of Table II, one a pair."""
    return np.asarray(values)[(draws.table[name][:count] * len(values)).astype(np.int64)]


def qkd(eq: Any, pairs: Callable[[State, Scene], Pairs]) -> QkdSeam:
    """(1)-(12): key rates of all pairs."""

    def seam(state: State, action: Action, scene: Scene, draws: Draws, prm: Scenario) -> Links:
        tally, q = Tally(), prm.qkd
        km, extra_db, node, priced = pairs(state, scene)
        pair_rate_hz = _pair_rate(eq, km, draws, prm)
        visibility = _visibility(eq, len(km), draws, prm)
        efficiency = tally.guard("eq3.clamp", guards.clamp(_efficiency(eq, state, action, q), 0.0, 1.0))
        system = eq.system_efficiency(q.other_efficiency, efficiency, node)
        tally.guard("eq4.above_one", (system, int(system.max(initial=0.0) > 1.0)))  # one number for all pairs in print
        transmittance = eq.transmittance(q.attenuation_db_per_km, km, extra_db)
        tally.broken("C1", eq.c1(transmittance))
        signal_hz = tally.guard("eq6.cap", guards.cap(eq.signal(pair_rate_hz, transmittance, system), pair_rate_hz))
        noise_hz = tally.guard("eq8.floor", guards.floor(_noise(eq, state, node, q), q.noise_floor_hz))
        noise_hz = noise_hz * (1.0 + q.noise_per_efficiency * action.efficiency[node])
        if "qber" in draws.table:
            qber = _table("qber", draws, q.qbers, len(km))
        else:
            qber = eq.qber(visibility, system, transmittance, signal_hz, noise_hz, q.error_floor)
        qber = tally.guard("eq9.clamp", guards.clamp(qber, 0.0, 0.5))
        qber = tapped(qber, draws.outages.intercepted)
        entropy = eq.entropy(qber)
        margin = eq.security_margin(q.fluctuation, q.sample_bit, q.entropy_factor, entropy, q.epsilon)
        rate = eq.key_rate(efficiency[node], pair_rate_hz, qber, margin, signal_hz, q.sifting)
        tally.broken("C2", eq.c2(rate))
        rate = tally.guard("eq12.floor", guards.floor(rate, 0.0))
        return Links(
            rate, qber, entropy, margin, transmittance, efficiency, rate[priced], tally.guards, tally.violations
        )

    return seam


def _pair_rate(eq: Any, km: Floats, draws: Draws, prm: Scenario) -> Floats:
    q = prm.qkd
    if "pair_rate" in draws.table:
        return _table("pair_rate", draws, q.pair_rates_hz, len(km))
    return np.asarray(eq.pair_rate(q.source_rate_hz, q.preparation_rad, q.source_loss_per_km, km) + 0.0 * km)


def _visibility(eq: Any, count: int, draws: Draws, prm: Scenario) -> Floats:
    q = prm.qkd
    if "visibility" in draws.table:
        return _table("visibility", draws, q.visibilities, count)
    return np.full(count, eq.visibility(q.phase_rad, q.phase_noise))


def _efficiency(eq: Any, state: State, action: Action, q: Qkd) -> Floats:
    # (3) as printed takes degrees Celsius: only of these is a coefficient of 0.003 times F a small correction.
    celsius, reference = state.temperature_k - ZERO_CELSIUS_K, q.reference_k - ZERO_CELSIUS_K
    values: Floats = eq.efficiency(action.efficiency, q.temperature_coefficient, celsius, reference)
    return values


def _noise(eq: Any, state: State, node: Ints, q: Qkd) -> Floats:
    phase = (q.noise_phase_rad + q.noise_phase_drift_rad * state.drift[1])[node]
    time_s = state.time_ns / NS_PER_S
    rates = (q.noise_base_hz, q.noise_amplitude_hz, q.noise_decay, q.noise_swing_hz, q.noise_frequency)
    values: Floats = eq.noise(*rates, q.noise_omega_rad_s, phase, time_s)
    return values


def vec(eq: Any, admit: Admission) -> VecSeam:
    """(13)-(17): what uploads that want to start get, and how long results take."""

    def admitted(uploads: Uploads, draws: Draws, prm: Scenario) -> Bools:
        asks = which(uploads.offload)
        row, rsu = uploads.row[asks], uploads.rsu[asks]
        heard_w = eq.heard(uploads.tx_power_w, draws.gain, *_senders(uploads))
        received_w = uploads.tx_power_w[row] * draws.gain[row, rsu]
        passed = np.zeros(len(uploads.row), dtype=bool)
        passed[asks] = admit(received_w, rsu, heard_w, noise(prm), from_db(prm.radio.admission_db))
        return passed

    def uplink(uploads: Uploads, action: Action, scene: Scene, draws: Draws, prm: Scenario) -> Rates:
        tally, radio = Tally(), prm.radio
        row, noise_w = uploads.row, noise(prm)
        target = np.where(uploads.offload, uploads.rsu, 0)
        gain = draws.gain[row]
        received_w = uploads.tx_power_w[row, None] * gain
        sender, unit = _senders(uploads)
        own = np.zeros(gain.shape, dtype=bool)
        own[np.arange(len(row)), target] = uploads.offload
        heard_w = eq.heard(uploads.tx_power_w, draws.gain, sender, unit)
        sinr = eq.sinr(received_w, eq.interference(heard_w, received_w, own), noise_w)
        users = np.bincount(unit, minlength=gain.shape[1])
        vehicles_hz = action.bandwidth * radio.bandwidth_hz
        band_hz = eq.share(vehicles_hz, users)
        rate_bps = np.full(sinr.shape, radio.rate_bps) if prm.sources.rate == "table" else eq.rate(band_hz, sinr)
        local_s = eq.local_s(uploads.cycles, uploads.local_hz[row])
        back_s = give_back(uploads.result_bit[:, None], rate_bps, _downlink(eq, gain, radio), prm)
        offload_s = eq.offload_s(uploads.input_bit[:, None], rate_bps, uploads.cycles[:, None], scene.edge_hz, back_s)
        tally.guard("gain.clip", (draws.gain, draws.clipped))
        tally.broken("C4", draws.too_strong)
        tally.broken("C7", eq.c7(band_hz * users, vehicles_hz, users))
        tally.broken("C13", eq.c13(rate_bps))
        chosen = np.arange(len(row)), target
        return Rates(sinr[chosen], rate_bps[chosen], local_s, offload_s, back_s, tally.guards, tally.violations)

    def give_back(result_bit: Ints, rate_bps: Floats, downlink_bps: Floats, prm: Scenario) -> Floats:
        values: Floats = eq.return_s(result_bit, rate_bps, downlink_bps, prm.edge.vcp_ms_per_bit)
        return values

    def downlink(gain: Floats, prm: Scenario) -> Floats:
        return _downlink(eq, gain, prm.radio)

    def noise(prm: Scenario) -> float:
        radio = prm.radio
        return float(eq.NOISE[radio.noise](radio.noise_dbm, radio.bandwidth_hz, radio.noise_figure_db))

    return VecSeam(admitted, uplink, give_back, downlink, noise)


def _senders(uploads: Uploads) -> tuple[Ints, Ints]:
    """Rows and units of the uploads under way and of those that begin."""
    row, unit = uploads.row[uploads.offload], uploads.rsu[uploads.offload]
    return np.concatenate([uploads.sender, row]), np.concatenate([uploads.sender_rsu, unit])


def _downlink(eq: Any, gain: Floats, radio: Radio) -> Floats:
    """Rate of the way back, free of interference, with the noise of its own band."""
    noise_w = eq.NOISE[radio.noise](radio.noise_dbm, radio.downlink_hz, radio.noise_figure_db)
    values: Floats = eq.rate(radio.downlink_hz, radio.downlink_power_w * gain / noise_w)
    return values


def chain(eq: Any) -> ChainSeam:
    """(18)-(21): what the next block costs when ``producer`` makes it of ``transactions``."""

    def seam(state: State, producer: int, transactions: int, interval_s: float, prm: Scenario) -> Finality:
        tally, c = Tally(), prm.chain
        size_bit = c.header_bit + transactions * c.transaction_bit
        consensus_hz = (1.0 - float(state.bandwidth[producer])) * prm.radio.bandwidth_hz
        peers = len(state.stake_bit) - 1
        band_hz = consensus_hz / peers if peers else math.inf
        table = prm.sources.generation == "table"
        generation_s = interval_s if table else eq.generation_s(c.cycles_per_bit, size_bit, c.clock_hz)
        stake_bit = float(state.stake_bit[producer])
        propagation_s = eq.propagation_s(
            stake_bit, c.weight_s_per_bit, signatures.vote_bit(c), band_hz, c.weight_s, signatures.vote_s(c)
        )
        check_s = signatures.transaction_s(c)
        verification_s = eq.verification_s(c.header_bit, c.transaction_bit, transactions, check_s)
        total_s = float(eq.finality_s(generation_s, propagation_s, verification_s, True))
        tally.broken("C6", eq.c6(total_s, c.deadline_s))
        tally.broken("C8", eq.c8(band_hz * peers if peers else 0.0, consensus_hz))
        tally.broken("C15b", eq.c15b(state.stake_bit, transactions))
        return Finality(generation_s, propagation_s, verification_s, total_s, tally.guards, tally.violations)

    return seam


def problem(eq: Any) -> ProblemSeam:
    """(22)-(23): the objective of one slot and what it breaks."""

    def seam(links: Links, latencies: Latencies, finality: Finality, prm: Scenario) -> Terms:
        tally, o = Tally(), prm.objective
        latency_s = eq.latency_s(latencies.indicator, latencies.local_s, latencies.offload_s)
        rates = links.priced_bps
        if rates.sum() < KEY_RATE_FLOOR_BPS:
            rates = tally.guard("eq22.cap", (np.full(rates.shape, KEY_RATE_FLOOR_BPS / max(len(rates), 1)), 1))
        charged_s = float((latency_s - latencies.charged_s).sum()) + latencies.waiting_s
        weights = (o.latency_weight, o.key_scale, o.reference_bps, o.reference_s, o.reference_block_s)
        parts = eq.objective(rates, charged_s, finality.finality_s, *weights, prm.slot_s)
        tally.broken("C5", eq.c5(latency_s, latencies.deadline_s))
        tally.broken("C10", eq.c10(latencies.indicator))
        key, latency, block = (float(part) for part in parts)
        return Terms(key, latency, block, latency_s, tally.guards, tally.violations)

    return seam
