"""Links and detectors of the literature, and what a protocol makes of them."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.field import qkd
from qvecsim.physics.field.protocols import protocol
from qvecsim.physics.field.settings import settings
from qvecsim.scenario.parameters import Qkd

# Gobby, Yuan, Shields (2004), as Ma, Qi, Zhao, Lo (2005), table I, have it.
GYS = {"efficiency": 0.045, "dark_per_gate": 1.7e-6, "misalignment": 0.033, "error_correction": 1.22}
GYS_DB_PER_KM = 0.21
# The detectors of Lim et al. (2014): 10 %, two of them with 6e-7 dark counts a gate, afterpulses 4 %.
LIM = {
    "protocol": "finite",
    "efficiency": 0.1,
    "dark_per_gate": 1.2e-6,
    "misalignment": 0.005,
    "afterpulse": 0.04,
    "error_correction": 1.16,
    "secrecy_per_bit": 1e-15,
    "correctness": 1e-15,
}
# Ma, Fung, Lo (2007), table I.
MFL = {"protocol": "bbm92", "efficiency": 0.145, "dark_per_gate": 6.02e-6, "misalignment": 0.015}


def parameters(attenuation_db_per_km=0.2, **field):
    """The group ``qkd`` with some keys of ``qkd.field``."""
    return Qkd(attenuation_db_per_km=attenuation_db_per_km, field=field)


def channel(loss_db, q):
    return qkd.usual(10.0 ** (-np.atleast_1d(np.asarray(loss_db, dtype=float)) / 10.0), q)


def priced(loss_db, q):
    """What pulses bring at these losses, the devices set as best they can."""
    link = channel(loss_db, q)
    return protocol(q).key(settings(link, q), link, q)


def rate(loss_db, q, abort_qber=0.11):
    """Secret bits a pulse."""
    return qkd.secret_bits(priced(loss_db, q), channel(loss_db, q), abort_qber)


def reach(q, low_db, high_db):
    """Loss, dB, at which the last key is made, to a six-hundredth of the range."""
    for _ in range(2):
        grid = np.linspace(low_db, high_db, 25)
        last = int(np.flatnonzero(rate(grid, q)).max())
        low_db, high_db = grid[last : last + 2]
    return low_db
