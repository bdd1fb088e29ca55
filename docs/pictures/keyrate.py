"""Draw ``keyrate.png``: what the protocols of ``physics.qkd: field`` make against loss, and what fielded links do.

Run from the root of the checkout: ``python docs/pictures/keyrate.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from qvecsim.keyrate import places, table
from qvecsim.scenario import defaults

# GYS detectors at 1 GHz, all of them: the defaults.
CURVES = {
    "decoy BB84, infinite decoys": (("protocol=decoy",), "C0-"),
    "decoy BB84, vacuum and weak decoys": (("protocol=decoy", "decoys=vacuum_weak"), "C0--"),
    "finite keys, two decoys, blocks of 1e9 bit": (("protocol=finite", "block_bit=1e9"), "C2-"),
    "finite keys, two decoys, blocks of 1e6 bit": (("protocol=finite", "block_bit=1e6"), "C2--"),
    "finite keys, one decoy, blocks of 1e6 bit": (("protocol=finite", "block_bit=1e6", "finite_decoys=one"), "C1--"),
    "BBM92, Ma, Fung, Lo (2007) detectors": (
        ("protocol=bbm92", "efficiency=0.145", "dark_per_gate=6.02e-6", "misalignment=0.015"),
        "C3-",
    ),
}
# Name, whole loss, dB, secret bit/s, and where the name stands beside the point.
LINKS = (
    ("Cambridge, three links", 3.9, 2.58e6, (8, 12)),
    ("", 4.2, 2.40e6, (0, 0)),
    ("", 2.5, 2.22e6, (0, 0)),
    ("Tokyo, TREL", 14.5, 304e3, (-16, 9)),
    ("Tokyo, NEC-NICT", 14.5, 81.7e3, (28, 13)),
    ("Tokyo, Mitsubishi", 13.0, 2e3, (-40, -15)),
    ("Tokyo, NTT (DPS)", 27.0, 2.1e3, (10, 6)),
    ("Vienna, Toshiba", 7.5, 3.1e3, (-40, 9)),
    ("Vienna, idQ-1", 5.75, 1e3, (-34, -15)),
    ("Thuringia, BBM92 (at least 21 dB)", 21.0, 22.2, (-178, -4)),
)
# Where a name stands apart from its point.
ARROW = {"arrowstyle": "-", "lw": 0.6, "shrinkA": 0, "shrinkB": 2}
CLOCK_HZ = 1e9


def main() -> None:
    """Write the picture beside this file."""
    loss_db = "0:40:0.2"
    figure = Figure(figsize=(8.6, 6.0), layout="constrained")
    axes = figure.add_subplot(xlabel="loss of the link, dB", ylabel="secret key rate, bit/s", yscale="log")
    for name, (words, style) in CURVES.items():
        scenario = defaults(*(f"qkd.field.{word}" for word in words))
        columns = table(places(None, loss_db), scenario).columns
        rate = columns["key_rate_bps"]
        axes.plot(columns["loss_db"], np.where(rate > 0.0, rate, np.nan), style, label=name)
    bound = CLOCK_HZ * columns["plob_bit_per_pulse"]
    axes.plot(columns["loss_db"], np.where(np.isfinite(bound), bound, np.nan), "k:", label="PLOB bound at 1 GHz")
    axes.plot([link[1] for link in LINKS], [link[2] for link in LINKS], "ko", markersize=5, label="links in the ground")
    for name, where_db, rate_bps, beside in LINKS:
        arrow = ARROW if name == "Tokyo, NEC-NICT" else None
        axes.annotate(name, (where_db, rate_bps), beside, textcoords="offset points", fontsize=9, arrowprops=arrow)
    above = axes.secondary_xaxis("top", functions=(lambda db: db / 0.2, lambda km: 0.2 * km))
    above.set_xlabel("length of fibre at 0.2 dB/km, km")
    axes.set(xlim=(0.0, 40.0), ylim=(3.0, 1e11))
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8.5, loc="upper right", ncols=2, framealpha=1.0)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
