"""The three protocols in one form: what a pulse brings, given the settings of the devices. Level: formulas joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from qvecsim.physics.field import decoy, entangled, finite, one_decoy, two_decoys
from qvecsim.physics.field.channel import Channel
from qvecsim.scenario.parameters import Qkd
from qvecsim.types import Floats

Settings = Mapping[str, Floats]


class Key(NamedTuple):
    """What one pulse brings, (L,) each."""

    secret: Floats  # bits; less than 0 where there is no key
    sifted: Floats  # bits
    qber: Floats  # of the sifted bits
    click: Floats  # chance that a receiver clicks
    pulses: Floats  # that make one key; infinite for keys without end


class Protocol(NamedTuple):
    """What can be set, by keys of ``qkd.field``; what a pulse brings then; how many receivers must be awake."""

    knobs: tuple[str, ...]
    key: Callable[[Settings, Channel, Qkd], Key]
    receivers: int = 1


def infinite_decoys(settings: Settings, channel: Channel, q: Qkd) -> Key:
    """BB84 with decoys of all intensities: the yields of single photons are known."""
    light = (channel.transmittance * channel.efficiency, channel.background)
    one = decoy.single_yield(*light, q.field.afterpulse)
    wrong = decoy.single_error(*light, channel.misalignment, q.field.afterpulse)
    return _bb84(settings["mu"], one, wrong, channel, q)


def vacuum_and_weak_decoys(settings: Settings, channel: Channel, q: Qkd) -> Key:
    """BB84 with two decoys, one of them the vacuum."""
    mu, weak, afterpulse = settings["mu"], settings["weak"], q.field.afterpulse
    light = (channel.transmittance * channel.efficiency, channel.background)
    silent = decoy.gain(0.0, *light, afterpulse)
    one = decoy.single_yield_bound(
        mu, weak, decoy.gain(mu, *light, afterpulse), decoy.gain(weak, *light, afterpulse), silent
    )
    errors = decoy.error_gain(weak, *light, channel.misalignment, afterpulse)
    wrong = decoy.single_error_bound(weak, errors, silent, one)
    return _bb84(mu, one, wrong, channel, q)


def _bb84(mu: Floats, one: Floats, wrong: Floats, channel: Channel, q: Qkd) -> Key:
    light = (mu, channel.transmittance * channel.efficiency, channel.background)
    click = decoy.gain(*light, q.field.afterpulse)
    qber = decoy.error_rate(decoy.error_gain(*light, channel.misalignment, q.field.afterpulse), click)
    secret = decoy.secret_bits(q.sifting, mu, click, qber, one, wrong, q.field.error_correction)
    return Key(secret, q.sifting * click, qber, click, np.full(click.shape, np.inf))


def finite_two_decoys(settings: Settings, channel: Channel, q: Qkd) -> Key:
    """Efficient BB84 with a weak and a near-vacuum decoy, in blocks."""
    mu, weak, first, second = (settings[name] for name in ("mu", "weak", "signal_share", "weak_share"))
    intensity = np.stack(np.broadcast_arrays(mu, weak, q.field.vacuum))
    share = np.stack(np.broadcast_arrays(first, second, 1.0 - first - second))
    return _finite(intensity, share, settings["key_basis"], two_decoys.secret_length, channel, q)


def finite_one_decoy(settings: Settings, channel: Channel, q: Qkd) -> Key:
    """Efficient BB84 with one decoy, in blocks."""
    mu, weak, first = (settings[name] for name in ("mu", "weak", "signal_share"))
    intensity = np.stack(np.broadcast_arrays(mu, weak))
    share = np.stack(np.broadcast_arrays(first, 1.0 - first))
    return _finite(intensity, share, settings["key_basis"], one_decoy.secret_length, channel, q)


def _finite(
    intensity: Floats, share: Floats, key_basis: Floats, secret_length: Callable[..., Floats], channel: Channel, q: Qkd
) -> Key:
    field = q.field
    light = (intensity, channel.transmittance * channel.efficiency, channel.background)
    click = finite.click(*light, field.afterpulse)
    wrong = finite.wrong_click(*light, channel.misalignment, field.afterpulse)
    counts, pulses = finite.block(click, wrong, share, key_basis, field.block_bit)
    bits = _secure(lambda security: secret_length(counts, intensity, share, security), q)
    qber = decoy.error_rate(counts.key_error.sum(axis=0), counts.key.sum(axis=0))
    seen = (share * click).sum(axis=0)
    return Key(bits / pulses, np.square(key_basis) * seen, qber, seen, pulses)


def _secure(secret_length: Callable[[finite.Security], Floats], q: Qkd) -> Floats:
    """The length that keeps ``secrecy``, or ``secrecy_per_bit`` for each of its own bits, found from above."""
    field = q.field
    if field.secrecy_per_bit is None:
        return secret_length(finite.Security(field.error_correction, field.secrecy, field.correctness))
    bits = np.asarray(field.block_bit)
    for _ in range(4):  # each round leaves about a hundredth of the difference
        secrecy = np.minimum(field.secrecy_per_bit * np.maximum(bits, 1.0), 0.5)
        bits = secret_length(finite.Security(field.error_correction, secrecy, field.correctness))
    return bits


def pairs_in_the_middle(settings: Settings, channel: Channel, q: Qkd) -> Key:
    """BBM92, the source half-way: each photon meets half of the loss in decibels, and the receivers are alike."""
    pairs = 0.5 * settings["mu"]
    arm = np.sqrt(channel.transmittance) * channel.efficiency
    both = entangled.gain(pairs, arm, arm, channel.background)
    wrong = entangled.error_gain(pairs, arm, arm, channel.background, channel.misalignment)
    qber = np.maximum(decoy.error_rate(wrong, both), 0.0)
    secret = entangled.secret_bits(q.sifting, both, qber, q.field.error_correction)
    click = entangled.single_gain(pairs, arm, channel.background)
    return Key(secret, q.sifting * both, qber, click, np.full(click.shape, np.inf))


PROTOCOLS: dict[str, Protocol] = {
    "decoy infinite": Protocol(("mu",), infinite_decoys),
    "decoy vacuum_weak": Protocol(("mu", "weak"), vacuum_and_weak_decoys),
    "finite two": Protocol(("mu", "weak", "key_basis", "signal_share", "weak_share"), finite_two_decoys),
    "finite one": Protocol(("mu", "weak", "key_basis", "signal_share"), finite_one_decoy),
    "bbm92": Protocol(("mu",), pairs_in_the_middle, receivers=2),
}


def protocol(q: Qkd) -> Protocol:
    """The one that the parameters name."""
    detail = {"decoy": f" {q.field.decoys}", "finite": f" {q.field.finite_decoys}", "bbm92": ""}
    return PROTOCOLS[q.field.protocol + detail[q.field.protocol]]
