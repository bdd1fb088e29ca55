"""V-C, Figs. 6-9: latency and key rate by data size and by number of vehicles."""

from __future__ import annotations

from findings import NOT, beside, both, known, spread, trend

from claimed.words import DELAY, FIG6, FIG7, FIG8, FIG9, KEYS, LAW, MOVED, OBSERVED, OVER, SAME, VARIANTS, Claim

CLAIMS = (
    Claim(
        FIG6,
        "'consistently achieves the lowest average latency'",
        f"mean latency, {OVER}",
        beside("fig6", DELAY, "tnqdrl", VARIANTS, -1),
    ),
    Claim(
        FIG6,
        "the same against rules that the paper leaves out",
        f"mean latency, {OVER}",
        beside("fig6", DELAY, "tnqdrl", ("price",), -1),
    ),
    Claim(
        FIG6,
        "'since it optimizes the Grover's iterations'",
        LAW,
        known(OBSERVED, NOT, "an exploration schedule, no search; `tnqdrl-eps` is the same without"),
    ),
    Claim(
        FIG6,
        "'RARL and RARS have ... more variable delays'",
        "range of the mean latency over data sizes, RARL and RARS less TN-QDRL",
        both(spread("fig6", DELAY, "rarl", ("tnqdrl",), 1), spread("fig6", DELAY, "rars", ("tnqdrl",), 1)),
    ),
    Claim(
        FIG6,
        "'RAFBZ and RANQKD experience higher latency'",
        f"mean latency, {OVER}, less TN-QDRL",
        both(SAME, beside("fig6", DELAY, "ranqkd", ("tnqdrl",), 1)),
    ),
    Claim(
        FIG6,
        "RALC: 'higher latency'",
        f"mean latency, {OVER}, less TN-QDRL, RARL and RARS",
        beside("fig6", DELAY, "ralc", ("tnqdrl", "rarl", "rars"), 1),
    ),
    Claim(
        FIG7,
        "'consistently outperforms the other schemes'",
        f"key rate, {OVER}",
        beside("fig7", KEYS, "tnqdrl", VARIANTS, 1),
    ),
    Claim(
        FIG7,
        "'starting high and decreasing as the offloading data size increases'",
        f"key rate, {MOVED}",
        trend("fig7", KEYS, ("tnqdrl",), -1),
    ),
    Claim(
        FIG7,
        "'RALC has the worst performance'",
        f"key rate, {OVER}",
        beside("fig7", KEYS, "ralc", ("tnqdrl", "rarl", "rars"), -1),
    ),
    Claim(
        FIG7,
        "'RARS and RARL behave similarly, with RARL having a slight edge'",
        f"key rate, {OVER}",
        beside("fig7", KEYS, "rarl", ("rars",), 1),
    ),
    Claim(
        FIG7,
        "'RAFBZ shows a more stable KGR'",
        "range of the key rate over data sizes, less TN-QDRL",
        SAME,
    ),
    Claim(FIG7, "'but falls behind TN-QDRL'", f"key rate, {OVER}", SAME),
    Claim(
        FIG8,
        "'lowest average delay across all vehicle numbers'",
        f"mean latency, {OVER}",
        beside("fig8", DELAY, "tnqdrl", VARIANTS, -1),
    ),
    Claim(
        FIG8,
        "RARS, RARL, RANQKD: 'a gradual increase in delay as the number of vehicles grows'",
        f"mean latency, {MOVED}",
        trend("fig8", DELAY, ("rars", "rarl", "ranqkd"), 1),
    ),
    Claim(
        FIG8,
        "'RAFBZ and RALC consistently show the highest delays'",
        f"mean latency, {OVER}, less RARL, RARS and RANQKD",
        both(
            SAME,
            beside("fig8", DELAY, "ralc", ("rarl", "rars", "ranqkd"), 1),
        ),
    ),
    Claim(
        FIG9,
        "'consistently maintains a high KGR, even as the number of vehicles increases'",
        f"key rate, {OVER}, against every variant",
        beside("fig9", KEYS, "tnqdrl", VARIANTS, 1),
    ),
    Claim(
        FIG9,
        "'RARL and RAFBZ achieve moderate KGR levels'",
        f"key rate, {OVER}, between TN-QDRL and RARS, RALC",
        both(
            beside("fig9", KEYS, "rarl", ("tnqdrl",), -1),
            SAME,
            beside("fig9", KEYS, "rarl", ("rars", "ralc"), 1),
        ),
    ),
    Claim(
        FIG9,
        "'RARS and RALC exhibit the lowest KGR'",
        f"key rate, {OVER}, less TN-QDRL and RARL",
        both(
            beside("fig9", KEYS, "rars", ("tnqdrl", "rarl"), -1),
            beside("fig9", KEYS, "ralc", ("tnqdrl", "rarl"), -1),
        ),
    ),
)
