"""Abstract and VI."""

from __future__ import annotations

from findings import NOT, OPEN, beside, both, known, sooner, trend

from claimed.cost import AS_7, AS_47, COUNTED, OURS, saved
from claimed.words import BENCH, CONTROLS, DELAY, ENDS, LOOSE, MOVED, OVER, PUBLISHED_SPEED, QUICK, TABULAR, Claim

CLAIMS = (
    Claim(
        ENDS,
        f"'improves convergence speed by {PUBLISHED_SPEED} %', read as 1 - E/E', against Q-learning",
        f"{BENCH} (verdict.md); the paper names neither the benchmark nor what converged means",
        sooner(TABULAR, 0.75, "slots", PUBLISHED_SPEED / 100.0),
    ),
    Claim(
        ENDS,
        f"'improves convergence speed by {PUBLISHED_SPEED} %', read as E'/E - 1, against Q-learning",
        BENCH,
        sooner(TABULAR, 0.75, "slots", PUBLISHED_SPEED / 100.0, ratio=True),
    ),
    Claim(
        ENDS,
        "the same in time: 'improves convergence speed', against Q-learning",
        f"{BENCH}, in CPU seconds of a simulated circuit; any saving counts",
        sooner(TABULAR, 0.75, "cpu_s"),
    ),
    Claim(
        ENDS,
        "'improves convergence speed', against learners without a circuit, which the paper leaves out",
        f"{BENCH}; any saving counts",
        sooner(CONTROLS, 0.75, "slots"),
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
        "return of a trained policy on `bench`: most noise of gates less none, 10,000 shots less one",
        both(trend("noise", "return", (0.0,), -1), trend("shots", "return", ("shots",), 1)),
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
        f"{QUICK} on `bench` (144 inputs), against Q-learning and the MLPs",
        beside("bench", "return", "tnqdrl", (*TABULAR, "mlp", "mlp-small", "mlp-tied"), 1),
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
