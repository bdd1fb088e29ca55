"""Words that several claims share: places, definitions, names of metrics and lines."""

from __future__ import annotations

from typing import NamedTuple

from findings import OPEN, Rule, beside, known

# V-A without RAFBZ, which is TN-QDRL itself in branch mode: there is no size of blocks to choose.
VARIANTS = ("rarl", "rars", "ranqkd", "ralc")
SAME = known(
    "in branch mode, in which Figs. 6-9 run, RAFBZ is TN-QDRL",
    OPEN,
    "macro mode of nine qubits has sizes to choose, as in Fig. 5",
)
BENCH = "slots to three quarters of the way from the best single macro action to the best reference on `bench`"
TABULAR, CONTROLS = ("rarl", "rarl-joint"), ("mlp", "mlp-small", "mlp-tied", "tn-only")
PUBLISHED_COST, PUBLISHED_SPEED = 58.19, 62.11  # %, abstract
DELAY, KEYS = "mean_latency_s", "key_rate_bps"


class Claim(NamedTuple):
    """One sentence."""

    place: str
    says: str
    definition: str
    rule: Rule


FIRST, TABLE, SCHEMES = "I. Contributions", "V-A. Setup and Table II", "V-A. Schemes"
FIG4, FIG5, FIG6, FIG7 = "V-C. Fig. 4", "V-C. Fig. 5", "V-C. Fig. 6", "V-C. Fig. 7"
FIG8, FIG9, FIG10, ENDS = "V-C. Fig. 8", "V-C. Fig. 9", "V-C. Fig. 10 and the 58.19 %", "Abstract and VI"
FINAL = "mean of the last three evaluations"
QUICK = "mean return over all evaluations"
LOOSE = "the sentence names no quantity"
MOVED = "last point of the axis less the first"
OVER = "mean over the axis"
LAW = "law of exploration (quantum.md)"
OBSERVED = "`dong` selection is epsilon-greedy, with equal probabilities"


def at_the_end(metric: str, hero: object, rivals: tuple[object, ...], side: int, name: str = "fig5") -> Rule:
    """In the last three evaluations."""
    return beside(name, metric, hero, rivals, side, places=3)
