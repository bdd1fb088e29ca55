"""I and V-A: contributions, setup and schemes."""

from __future__ import annotations

from findings import NOT, OPEN, at_least, beside, known, sooner, validated

from claimed.words import (
    BENCH,
    DELAY,
    FINAL,
    FIRST,
    KEYS,
    LOOSE,
    OVER,
    SCHEMES,
    TABLE,
    TABULAR,
    VARIANTS,
    Claim,
    at_the_end,
)

CLAIMS = (
    Claim(
        FIRST,
        "1: 'ensures communication security, computational security, and data integrity'",
        LOOSE,
        known(
            "audit of every run: keys, chain and signatures add up (ledger.md); RANQKD exposes all "
            "that it sends (keys.md)",
            OPEN,
            "security is a property of protocols, which no simulation proves",
        ),
    ),
    Claim(
        FIRST,
        "1: 'automatic adjustment of the KGR in QKD nodes'",
        "key rate of TN-QDRL on `nomavec` less that of RARS, which sets detectors at random",
        beside("fig7", KEYS, "tnqdrl", ("rars",), 1),
    ),
    Claim(
        FIRST,
        "2: PoQKS 'safeguard[s] the impartiality of the network'",
        "elections follow shares of stake: p of chi-square, at least 0.001; so who holds more keys makes more blocks",
        validated("alg1.select"),
    ),
    Claim(
        FIRST,
        "3: 'exploits the quantum parallelism to overcome high-dimensional difficulties'",
        "whether values need a quantum computer",
        known(
            "values are a quadratic form of the normalised features, one matrix product (quantum.md)",
            NOT,
            "two tests hold it",
        ),
    ),
    Claim(
        FIRST,
        "4: 'clearly superior to the Q-learning algorithm'",
        f"return on `bench`, {FINAL}, against Q-learning with values by part and by macro action",
        at_the_end("return", "tnqdrl", TABULAR, 1, "bench"),
    ),
    Claim(
        FIRST,
        "4: '... and other benchmarks'",
        f"return, {FINAL}; RANQKD left out, whose return lacks a term",
        at_the_end("return", "tnqdrl", ("rafbz", "ralc", "rars"), 1),
    ),
    Claim(
        FIRST,
        "4: 'the key generation rate can be maximized'",
        f"key rate, {OVER} of Fig. 9, against every scheme",
        beside("fig9", KEYS, "tnqdrl", (*VARIANTS, "price"), 1),
    ),
    Claim(
        FIRST,
        "4: 'the latency is significantly reduced compared to other management schemes'",
        f"mean latency, {OVER} of Fig. 8, against RALC, RARS and two rules",
        beside("fig8", DELAY, "tnqdrl", ("ralc", "rars", "price"), -1),
    ),
    Claim(
        TABLE,
        "'boundary settings ... essential for replicating real-world scenarios with high fidelity': "
        "up to 60 MB in at most 1 s",
        "60 MB at the table's 15 Mbit/s, s, against 1 s",
        at_least(1.0, 60e6 * 8 / 15e6, "at most {0:g} s are allowed, {1:g} s are needed"),
    ),
    Claim(
        TABLE,
        "block generation time of 10 to 30 s",
        "(18): 2 KB, 737.5 cycle/bit, 2.5 GHz",
        at_least(16_384 * 737.5 / 2.5e9, 10.0, "{0:.4g} s by (18) against {1:g} s"),
    ),
    Claim(
        TABLE,
        "SINR threshold of 18 dB, all vehicles in one band by (13)",
        "uploads that can reach it at once without cancellation: SINR of the stronger of two is at "
        "most that of one, of the weaker below 0 dB",
        known("one", NOT, "at most one vehicle of a unit may send at a time (scenarios/urban.yaml)"),
    ),
    Claim(
        SCHEMES,
        "RALC 'can lead to suboptimal performance under heavy task loads'",
        "latency of RALC less that of TN-QDRL, 27 vehicles",
        beside("fig8", DELAY, "ralc", ("tnqdrl",), 1, places=1),
    ),
    Claim(
        SCHEMES,
        "RARS 'helps to demonstrate the importance of using intelligent optimization algorithms'",
        f"latency of RARS less that of TN-QDRL and of the price rule, {OVER} of Fig. 8",
        beside("fig8", DELAY, "rars", ("tnqdrl", "price"), 1),
    ),
    Claim(
        SCHEMES,
        "RARL evaluates 'the performance differences ... in terms of convergence speed'",
        f"{BENCH}; any saving counts",
        sooner(("rarl",), 0.75, "slots"),
    ),
    Claim(
        SCHEMES,
        "RANQKD 'assesses the importance of QKD'",
        "return",
        known("its reward lacks the term for keys", OPEN, "two different rewards cannot be compared"),
    ),
    Claim(
        SCHEMES,
        "RAFBZ against 'dynamic adaptive allocation'",
        f"return, {FINAL}",
        at_the_end("return", "tnqdrl", ("rafbz",), 1),
    ),
)
