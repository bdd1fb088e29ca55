"""The claims of the paper, in its order: a short quotation, the definition that was used, and the rule that judges.

Fig. 10 is arithmetic on counts of gates: amplitude encoding of n qubits takes 2^n - n - 1 CX, a layer of the ring n,
one Grover iteration over 64 actions 164 (tests/decision/quantum holds all three to what Qiskit transpiles).
"""

from __future__ import annotations

from typing import NamedTuple

from findings import (
    HOLDS,
    NOT,
    OPEN,
    Rule,
    at_least,
    beside,
    both,
    known,
    saving,
    sooner,
    spread,
    trend,
    validated,
)

from qvecsim.decision.quantum.cost import Counts, Resources, decision

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
ITERATION_CX, ITERATIONS, LAYERS, SHOTS = 164, 6, 3, 1000
DELAY, KEYS = "mean_latency_s", "key_rate_bps"


class Claim(NamedTuple):
    """One sentence."""

    place: str
    says: str
    definition: str
    rule: Rule


def decided(qubits: int, shots: int, *, values: bool = True) -> Resources:
    """One decision: values by amplitude encoding and circuit, then a search; without values the search alone."""
    evaluation = Counts(qubits, 2**qubits - qubits - 1 + LAYERS * qubits, 0, 0)
    iteration = Counts(6, ITERATION_CX, 0, 0)
    return decision(evaluation, Counts(6, 0, 0, 0), iteration, shots=shots if values else 0, iterations=ITERATIONS)


def saved(ours: Resources, theirs: Resources) -> float:
    """CX times shots, %."""
    return 100.0 * (1.0 - ours.cx_shots / theirs.cx_shots)


OURS, AS_47, AS_7 = decided(4, SHOTS), decided(7, SHOTS), decided(6, SHOTS, values=False)
COUNTED = f"CX times shots of a decision: 16 features (4 qubits) against 67 inputs (7 qubits), {LAYERS} layers, "
COUNTED += f"{ITERATIONS} iterations over 64 actions, {SHOTS:,} shots, oracle as a phase on a known action"
ONE_SHOT = saved(decided(4, 1), decided(7, 1))

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
    Claim(
        FIG10,
        "'lowest quantum resource cost throughout', against [47]",
        COUNTED,
        known(
            f"{OURS.cx_shots:,} against {AS_47.cx_shots:,}: {saved(OURS, AS_47):.1f} % less",
            HOLDS if OURS.cx_shots < AS_47.cx_shots else NOT,
            "against a scheme of ours '-like' [47], whose text gives no circuit",
        ),
    ),
    Claim(
        FIG10,
        "the same, counted in runs",
        "CX times shots of all decisions of a run of `bench`, by shots of a circuit; every circuit is transpiled",
        saving("fig10", "quantum_cx_shots", "tnqdrl", "qedrl"),
    ),
    Claim(
        FIG10,
        "the same by space-time volume",
        "qubits times depth times shots of all decisions of a run of `bench`, by shots of a circuit",
        saving("fig10", "quantum_volume", "tnqdrl", "qedrl"),
    ),
    Claim(
        FIG10,
        "the same against [7]",
        f"{COUNTED}; [7] keeps a table and measures its register once",
        known(
            f"{OURS.cx_shots:,} against {AS_7.cx_shots:,}: {OURS.cx_shots / AS_7.cx_shots:.0f} times as much",
            HOLDS if OURS.cx_shots < AS_7.cx_shots else NOT,
            "[7] is quantum-inspired: run as a circuit it needs no expectation values, run as meant no qubits",
        ),
    ),
    Claim(
        FIG10,
        f"'reduces quantum resource consumption by {PUBLISHED_COST} %' (abstract)",
        COUNTED,
        known(
            f"{ONE_SHOT:.1f} % at 1 shot, {saved(OURS, AS_47):.1f} % at {SHOTS:,}, against [47]-like",
            OPEN,
            f"the number follows from inputs, features and shots, of which the paper gives none: some "
            f"choice yields {PUBLISHED_COST} %",
        ),
    ),
    Claim(
        FIG10,
        "'maintains stability in resource consumption across episodes'; the others 'more variable'",
        "share of the Grover part, which alone can vary, in the CX times shots of a [47]-like decision",
        known(
            f"{100 * AS_7.cx_shots / AS_47.cx_shots:.1f} %",
            NOT,
            "encoding and circuit are the same in every decision of all schemes",
        ),
    ),
    Claim(
        FIG10,
        "'minimizes the number of qubits required'",
        "qubits of the encoding, 16 features against 67 inputs",
        known("4 against 7", HOLDS, "the register of actions has 6 in both"),
    ),
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
