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
    "finite keys, two decoys, 1e9 bit": (("protocol=finite", "block_bit=1e9"), "C2-"),
    "finite keys, two decoys, 1e6 bit": (("protocol=finite", "block_bit=1e6"), "C2--"),
    "finite keys, one decoy, 1e6 bit": (("protocol=finite", "block_bit=1e6", "finite_decoys=one"), "C1--"),
    "BBM92, Ma, Fung, Lo (2007) detectors": (
        ("protocol=bbm92", "efficiency=0.145", "dark_per_gate=6.02e-6", "misalignment=0.015"),
        "C3-",
    ),
}
# Name, whole loss, dB, secret bit/s, and where the name stands beside the point.
LINKS = (
    ("Cambridge (3 links)", 3.9, 2.58e6, (8, 14)),
    ("", 4.2, 2.40e6, (0, 0)),
    ("", 2.5, 2.22e6, (0, 0)),
    ("Tokyo, TREL", 14.5, 304e3, (8, 4)),
    ("Tokyo, NEC-NICT", 14.5, 81.7e3, (8, -2)),
    ("Tokyo, Mitsubishi", 13.0, 2e3, (8, -4)),
    ("Tokyo, NTT", 27.0, 2.1e3, (8, 2)),
    ("Vienna, Toshiba", 7.5, 3.1e3, (8, 4)),
    ("Vienna, idQ-1", 5.75, 1e3, (8, -8)),
    ("Thuringia, BBM92", 21.0, 22.2, (-30, -13)),
)
CLOCK_HZ = 1e9


def main() -> None:
    """Write the picture beside this file."""
    loss_db = "0:40:0.5"
    figure = Figure(figsize=(8.0, 5.4), layout="constrained")
    axes = figure.add_subplot(xlabel="loss of the link, dB", ylabel="secret key, bit/s", yscale="log")
    for name, (words, style) in CURVES.items():
        scenario = defaults(*(f"qkd.field.{word}" for word in words))
        columns = table(places(None, loss_db), scenario).columns
        rate = columns["key_rate_bps"]
        axes.plot(columns["loss_db"], np.where(rate > 0.0, rate, np.nan), style, label=name)
    bound = CLOCK_HZ * columns["plob_bit_per_pulse"]
    axes.plot(columns["loss_db"], np.where(np.isfinite(bound), bound, np.nan), "k:", label="PLOB bound")
    axes.plot([link[1] for link in LINKS], [link[2] for link in LINKS], "ko", markersize=4, label="links in the ground")
    for name, where_db, rate_bps, beside in LINKS:
        axes.annotate(name, (where_db, rate_bps), beside, textcoords="offset points", fontsize=8)
    above = axes.secondary_xaxis("top", functions=(lambda db: db / 0.2, lambda km: 0.2 * km))
    above.set_xlabel("length of fibre at 0.2 dB/km, km")
    axes.set(xlim=(0.0, 40.0), ylim=(3.0, 2e10))
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, loc="upper right", ncols=2)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
