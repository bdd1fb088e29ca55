"""V-C, Figs. 4 and 5: learning rates, and returns of the schemes as they learn."""

from __future__ import annotations

from findings import OPEN, beside, both, known, trend

from claimed.words import DELAY, FIG4, FIG5, FINAL, QUICK, Claim, at_the_end

CLAIMS = (
    Claim(
        FIG4,
        "'LR=0.1 shows rapid convergence'",
        f"{QUICK}, against 0.01, 0.001 and 0.0001",
        beside("fig4", "return", 0.1, (0.01, 0.001, 0.0001), 1),
    ),
    Claim(
        FIG4,
        "'LR=0.01 stabilizes at [lower returns], suggesting a slower rate'",
        f"return, {FINAL}, 0.01 less 0.1",
        beside("fig4", "return", 0.01, (0.1,), -1, places=3),
    ),
    Claim(
        FIG4,
        "'LR=0.001 converges more slowly, achieving moderate returns'",
        f"{QUICK}, 0.001 less 0.1 and 0.01",
        beside("fig4", "return", 0.001, (0.1, 0.01), -1),
    ),
    Claim(
        FIG4,
        "'LR=0.0001 displays very slow convergence with low returns'",
        f"return, {FINAL}, 0.0001 less all others",
        beside("fig4", "return", 0.0001, (0.1, 0.01, 0.001), -1, places=3),
    ),
    Claim(
        FIG4,
        "'LR=0.1 yields better performance in terms of returns'",
        f"return, {FINAL}; 0.1 is not in Table II",
        beside("fig4", "return", 0.1, (0.01, 0.001, 0.0001), 1, places=3),
    ),
    Claim(
        FIG5,
        "'TN-QDRL converges quickly ... and remains remarkably steady at high returns'",
        f"return, last evaluation less the first, and {FINAL} against all but RANQKD",
        both(
            trend("fig5", "return", ("tnqdrl",), 1),
            at_the_end("return", "tnqdrl", ("rarl", "rafbz", "ralc", "rars"), 1),
        ),
    ),
    Claim(
        FIG5,
        "'RARL also performs well'",
        f"return, {FINAL}, less RAFBZ, RALC and RARS",
        at_the_end("return", "rarl", ("rafbz", "ralc", "rars"), 1),
    ),
    Claim(
        FIG5,
        "'RARS and RAFBZ ... have slow convergence'",
        "return, last evaluation less the first",
        trend("fig5", "return", ("rars", "rafbz"), 1),
    ),
    Claim(
        FIG5,
        "'RALC has lower returns'",
        f"return, {FINAL}, less RARL, RARS and RAFBZ",
        at_the_end("return", "ralc", ("rarl", "rars", "rafbz"), -1),
    ),
    Claim(
        FIG5,
        "'the algorithm still works and can converge' (RALC)",
        "return, last evaluation less the first",
        trend("fig5", "return", ("ralc",), 1),
    ),
    Claim(
        FIG5,
        "'RANQKD has the poorest performance ... since the QKD module is not considered in the system rewards'",
        "return",
        known("a term was taken out of its reward", OPEN, "a tautology; what can be compared is latency, below"),
    ),
    Claim(
        FIG5,
        "the same by latency",
        f"mean latency, {FINAL}, RANQKD less TN-QDRL",
        at_the_end(DELAY, "ranqkd", ("tnqdrl",), 1),
    ),
)
