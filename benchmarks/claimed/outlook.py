"""Abstract and VI."""

from __future__ import annotations

from findings import NOT, OPEN, beside, known, trend, waiting

from claimed.cost import AS_7, AS_47, COUNTED, OURS, saved
from claimed.words import BENCH, DELAY, ENDS, LOOSE, MOVED, OVER, PUBLISHED_SPEED, QUICK, Claim

CLAIMS = (
    Claim(
        ENDS,
        f"'improves convergence speed by {PUBLISHED_SPEED} %'",
        "episodes to a score of 0.95 on `bench`, censored, paired bootstrap over seeds",
        waiting(BENCH, "the paper names neither the benchmark nor what converged means"),
    ),
    Claim(
        ENDS,
        "VI-A: 'dimensionality reduction may lead to the loss of critical features'",
        "return, last two evaluations, 4 features less the usual 16, which should be lower",
        beside("ablation", "return", "ablations:D4", ("tnqdrl",), -1, places=2),
    ),
    Claim(
        ENDS,
        "VI-A: 'current quantum hardware in the NISQ era imposes constraints'",
        "return with shots and noise",
        waiting("trainings whose decisions come from shots and noisy gates", "no plan of these is shipped yet"),
    ),
    Claim(
        ENDS,
        "VI-B: 'notable improvements in resource allocation efficiency and response time'",
        f"mean latency, {OVER} of Fig. 6, less RARL, RARS, RALC and the price rule",
        beside("fig6", DELAY, "tnqdrl", ("rarl", "rars", "ralc", "price"), -1),
    ),
    Claim(
        ENDS,
        "VI-B: 'scalability ... in large-scale vehicular edge computing scenarios'",
        f"mean latency of TN-QDRL, {MOVED} of Fig. 8, which should not rise",
        trend("fig8", DELAY, ("tnqdrl",), -1),
    ),
    Claim(
        ENDS,
        "VI-B: 'secure and reliable communication'",
        LOOSE,
        known("every offload has its key or is not sent (`starved_offloads`, audited)", OPEN, "as 1 above"),
    ),
    Claim(
        ENDS,
        "VI-C: 'faster convergence in high-dimensional VEC scenarios'",
        f"{QUICK}, against Q-learning",
        beside("fig5", "return", "tnqdrl", ("rarl",), 1),
    ),
    Claim(
        ENDS,
        "VI-C: 'significantly reduces quantum resource consumption compared to existing benchmarks'",
        COUNTED,
        known(
            f"{saved(OURS, AS_47):.1f} % less than [47]-like, {OURS.cx_shots / AS_7.cx_shots:.0f} times [7]-like",
            NOT,
            "not of both benchmarks",
        ),
    ),
)
