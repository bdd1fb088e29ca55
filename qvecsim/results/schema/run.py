"""A run as a whole (V-B): its summary, and the same as the one row of table ``runs``."""

from __future__ import annotations

from qvecsim.results.schema.circuits import CIRCUITS
from qvecsim.results.schema.core import RUN_ID, Table, count, maybe, number, real, string, text
from qvecsim.results.schema.slots import BROKEN

# The order of a summary. Tables never hold ``path`` and ``wall_s``, which differ from machine to machine.
SUMMARY = (
    RUN_ID,
    string("path", "folder of the run; null when it was not written", True),
    string("fingerprint", "SHA-256 over every event, in hex: equal means the same trajectory"),
    text("scheme", "what decides"),
    text(
        "learned",
        "where what it knows is from. none: it does not learn; online: this run, from the first slot on; trained: "
        "training before it, it only decides",
    ),
    string("policy_sha256", "SHA-256 of the file that it decides by; null without one", True),
    number("seed", "root of every random stream"),
    count("slots", "slots simulated"),
    count("vehicles", "distinct vehicles that were on the road"),
    count("tasks_generated", "tasks born"),
    count("tasks_done", "results delivered by their deadline"),
    count("tasks_late", "results delivered after it"),
    count("tasks_dropped", "tasks given up"),
    count("tasks_in_flight", "tasks without an end when the run ended"),
    maybe("tasks_outside", "1", "rows of `tasks.file` that the run does not reach; null where tasks are drawn"),
    maybe("mean_latency_s", "s", "birth to result, mean over done and late tasks"),
    maybe("deadline_miss_rate", "1", "late and dropped tasks over all that ended"),
    maybe("key_rate_bps", "bit/s", "secret key rate summed over the links, mean over slots"),
    count("keys_generated_bit", "secret bits distilled", "bit"),
    count("keys_consumed_bit", "secret bits withdrawn for keys of a link's own two ends", "bit"),
    count("keys_relayed_bit", "secret bits withdrawn for keys that were relayed, at every hop", "bit"),
    count("faults", "faults that began"),
    count("rerouted_tasks", "offloads whose key came around a fault"),
    count("starved_offloads", "offloads put off or refused for want of a key whose shortest way a fault had broken"),
    count("failed_tasks", "tasks that a failed unit or server took along"),
    count("exposed_tasks", "tasks sent without a key"),
    count("rounds", "tries to make a block"),
    count("blocks", "blocks that became final"),
    count("conflicts", "heights at which two conflicting blocks became final"),
    text(
        "finality",
        "safe; stalled: in some round, not more than 2/3 of the weight was honest and present; unsafe: in some round, "
        "at least 1/3 was Byzantine; null without a round",
        True,
    ),
    maybe("honest_weight", "1", "least share of the voting weight that was honest and present"),
    maybe("byzantine_weight", "1", "largest share of the voting weight that was Byzantine"),
    real("slashed_bit", "bit", "stake that producers lost as a punishment"),
    count("pending_transactions", "transactions that still wait for a block"),
    maybe("mean_finality_s", "s", "eq. (21), mean over final blocks"),
    real("energy_j", "J", "energy of all tasks"),
    real("return", "1", "sum of the rewards"),
    *CIRCUITS,
    *BROKEN,
    maybe("wall_s", "s", "wall time of the run"),
)
OF_A_RUN = {column.name: column for column in SUMMARY}
_LOCAL_ONLY = ("path", "wall_s")
_HEAD = ("run_id", "scheme", "seed", "slots")

RUNS = Table(
    "runs",
    "one row, the run and its summary",
    "",
    (
        RUN_ID,
        text("name", "name of the scenario"),
        OF_A_RUN["scheme"],
        text("profile", "which equations answer"),
        OF_A_RUN["seed"],
        number("replication", "branch of the seed tree"),
        OF_A_RUN["slots"],
        real("slot_s", "s", "length of a slot"),
        *(column for column in SUMMARY if column.name not in _LOCAL_ONLY + _HEAD),
    ),
)
