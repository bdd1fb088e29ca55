"""Cases of links in the ground: what receivers like theirs would make, and what is not modelled or not stated."""

from __future__ import annotations

from physics.field.links import GYS, channel, parameters, priced

from qvecsim.physics.field import qkd

from .case import Case, Exact, Factor

# Receivers of Cambridge and Tokyo are assumed; that of Vienna is like GYS, its clock is second hand.
GHZ = {"clock_hz": 1e9, "efficiency": 0.1, "dark_per_gate": 2e-5, "misalignment": 0.033}
VIENNA = GYS | {"clock_hz": 7e6}


def made_kbps(loss_db, receiver):
    """Kbit/s of a link in the ground, post-processing up to 3 Mbit/s."""
    q = parameters(**receiver, post_processing_cap_bps=3e6)
    key, link = priced(loss_db, q), channel(loss_db, q)
    return 1e-3 * qkd.key_rate(qkd.secret_bits(key, link, 0.11), key, q)


CAMBRIDGE, TOKYO, PEEV = "Dynes et al. (2019), [S]", "Sasaki et al. (2011), [S]", "Peev et al. (2009), [S]"
IN_THE_GROUND = (
    ("Cambridge CAPE-TREL", 3.9, 2580.0, GHZ, CAMBRIDGE),
    ("Cambridge TREL-ENGI", 4.2, 2400.0, GHZ, CAMBRIDGE),
    ("Cambridge ENGI-CAPE", 2.5, 2220.0, GHZ, CAMBRIDGE),
    ("Tokyo, TREL", 14.5, 304.0, GHZ, TOKYO),
    ("Tokyo, NEC-NICT", 14.5, 81.7, GHZ, TOKYO),
    ("Vienna, Toshiba, clock of 7 MHz", 7.5, 3.1, VIENNA, PEEV),
)
CASES = tuple(
    Case(
        "qkd.field.band",
        f"{link}, {loss_db:g} dB{', receiver assumed' if receiver is GHZ else ''}",
        lambda loss_db=loss_db, receiver=receiver: made_kbps(loss_db, receiver),
        published,
        Factor(3.0),
        source,
        " kbit/s",
        4,
    )
    for link, loss_db, published, receiver, source in IN_THE_GROUND
)
UNMODELLED = (
    ("qkd.pdc.limit", "70 dB with two-way post-processing", "Ma, Fung, Lo (2007), abstract", "Two-way post-processing"),
    ("qkd.field.band", "Tokyo, NTT, differential phase shift, 27 dB, 2.1 kbit/s", TOKYO, "The protocol"),
    ("qkd.field.band", "Vienna, continuous variables, 2.8 dB, 8 kbit/s", PEEV, "The protocol"),
    ("qkd.field.band", "Vienna, free space, 80 m, up to 17 kbit/s", PEEV, "Free space"),
)
UNSTATED = (
    ("Tokyo, Mitsubishi, 13 dB, 2 kbit/s, QBER 4.5 %", TOKYO, "Receiver and clock are not stated where it was read."),
    ("Vienna, idQ-1, 5.75 dB, 1 kbit/s", PEEV, "Receiver and clock are not stated where it was read."),
    ("Thuringia, BBM92, over 21 dB, 22.2 bit/s, QBER 6.1 %", "2026, [S]", "Loss is a bound, receivers are not stated."),
    ("Vienna, entangled pairs, 16 km, 2.5 kbit/s", PEEV, "Neither loss nor receivers are stated."),
    ("SwissQuantum; trunk Beijing-Shanghai", "-", "No rates of single links were found."),
)
NOT_REPRODUCED = (
    *(
        Case(name, what, None, (), Exact(), source, reason=f"{missing} is not modelled.")
        for name, what, source, missing in UNMODELLED
    ),
    *(Case("qkd.field.band", what, None, (), Factor(3.0), source, reason=reason) for what, source, reason in UNSTATED),
)
