"""What a run writes, as data: every table, every column, its type, its unit and what it means (V-B).

Keys come first, instants are seconds on the simulation clock, and the unit is in the name and in the Arrow field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

SCHEMA_VERSION = 4


@dataclass(frozen=True)
class Column:
    """One column; ``type`` is bool, int64, float64, text (few values, many rows), string or list<int64 or float64>."""

    name: str
    type: str
    unit: str  # "1": a count, a share or a ratio; "": no quantity
    meaning: str
    optional: bool = False  # may be null


@dataclass(frozen=True)
class Table:
    """One granularity; ``axis`` is the column whose length is the number of rows of one call, "" for single rows."""

    name: str
    meaning: str
    axis: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def units(self) -> dict[str, str]:
        """Column to unit."""
        return {column.name: column.unit for column in self.columns}


def _text(name: str, meaning: str, optional: bool = False) -> Column:
    return Column(name, "text", "", meaning, optional)


def _count(name: str, meaning: str, unit: str = "1") -> Column:
    return Column(name, "int64", unit, meaning)


def _number(name: str, meaning: str) -> Column:
    return Column(name, "int64", "", meaning)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, "bool", "", meaning)


def _real(name: str, unit: str, meaning: str, optional: bool = False) -> Column:
    return Column(name, "float64", unit, meaning, optional)


def _maybe(name: str, unit: str, meaning: str) -> Column:
    return _real(name, unit, meaning, optional=True)


RUN_ID = _text("run_id", "the run; the same in every table, and a digest of everything that decides the result")
_SLOT = (RUN_ID, _number("slot", "index of the slot, from 0"), _real("time_s", "s", "when the slot begins"))

# What really limits a plan, beside C1-C15 (docs/radio.md).
_OVER = (
    _count("over_targets", "tasks that began in more than one place"),
    _count("over_capacity", "servers that gave their tasks more than their clock, counted once a slot"),
    _count("over_keys", "pools that had less than the keys of the uploads that began, counted once a slot"),
)
OVER = tuple(column.name for column in _OVER)
# What circuits took: each quantity with its meaning; qubits are the largest register, all others sums.
_COUNTED = {
    "circuits": "circuits run",
    "shots": "runs of them",
    "oracle_calls": "of searches for an action",
    "cx": "two-qubit gates, each circuit counted once",
    "one_qubit": "one-qubit gates (rz, sx, x), each circuit counted once",
    "depth": "depths, each circuit counted once",
}
_COMPOSITES = {"cx_shots": "cx times shots", "volume": "qubits times depth times shots"}


def _circuits(part: str, of: str, *without: str) -> tuple[Column, ...]:
    """Totals of a run; null where the scheme has no circuit. Composites as floats: they may pass 2^63."""
    counted = {name: meaning for name, meaning in _COUNTED.items() if name not in without}
    counts = [Column(f"{part}{name}", "int64", "1", f"{of}: {meaning}", True) for name, meaning in counted.items()]
    return (*counts, *(_maybe(f"{part}{name}", "1", f"{of}: {meaning}") for name, meaning in _COMPOSITES.items()))


CIRCUITS = (
    Column("quantum_qubits", "int64", "1", "largest register of its decisions; null without circuits", True),
    *_circuits("quantum_", "decisions"),
    *_circuits("quantum_training_", "training", "oracle_calls"),
)

# The order of a summary. Tables never hold ``path`` and ``wall_s``, which differ from machine to machine.
SUMMARY = (
    RUN_ID,
    Column("path", "string", "", "folder of the run; null when it was not written", True),
    Column("fingerprint", "string", "", "SHA-256 over every event, in hex: equal means the same trajectory"),
    _text("scheme", "what decides"),
    _text(
        "learned",
        "where what it knows is from. none: it does not learn; online: this run, from the first slot on; trained: "
        "training before it, it only decides",
    ),
    Column("policy_sha256", "string", "", "SHA-256 of the file that it decides by; null without one", True),
    _number("seed", "root of every random stream"),
    _count("slots", "slots simulated"),
    _count("vehicles", "distinct vehicles that were on the road"),
    _count("tasks_generated", "tasks born"),
    _count("tasks_done", "results delivered by their deadline"),
    _count("tasks_late", "results delivered after it"),
    _count("tasks_dropped", "tasks given up"),
    _count("tasks_in_flight", "tasks without an end when the run ended"),
    _maybe("tasks_outside", "1", "rows of `tasks.file` that the run does not reach; null where tasks are drawn"),
    _maybe("mean_latency_s", "s", "birth to result, mean over done and late tasks"),
    _maybe("deadline_miss_rate", "1", "late and dropped tasks over all that ended"),
    _maybe("key_rate_bps", "bit/s", "secret key rate summed over the links, mean over slots"),
    _count("keys_generated_bit", "secret bits distilled", "bit"),
    _count("keys_consumed_bit", "secret bits withdrawn for keys of a link's own two ends", "bit"),
    _count("keys_relayed_bit", "secret bits withdrawn for keys that were relayed, at every hop", "bit"),
    _count("faults", "faults that began"),
    _count("rerouted_tasks", "offloads whose key came around a fault"),
    _count("starved_offloads", "offloads put off or refused for want of a key whose shortest way a fault had broken"),
    _count("failed_tasks", "tasks that a failed unit or server took along"),
    _count("exposed_tasks", "tasks sent without a key"),
    _count("rounds", "tries to make a block"),
    _count("blocks", "blocks that became final"),
    _count("conflicts", "heights at which two conflicting blocks became final"),
    _text(
        "finality",
        "safe; stalled: in some round, not more than 2/3 of the weight was honest and present; unsafe: in some round, "
        "at least 1/3 was Byzantine; null without a round",
        True,
    ),
    _maybe("honest_weight", "1", "least share of the voting weight that was honest and present"),
    _maybe("byzantine_weight", "1", "largest share of the voting weight that was Byzantine"),
    _real("slashed_bit", "bit", "stake that producers lost as a punishment"),
    _count("pending_transactions", "transactions that still wait for a block"),
    _maybe("mean_finality_s", "s", "eq. (21), mean over final blocks"),
    _real("energy_j", "J", "energy of all tasks"),
    _real("return", "1", "sum of the rewards"),
    *CIRCUITS,
    _count("guards", "values that a guard had to mend"),
    _count("violations", "constraints C1-C15 found broken"),
    *_OVER,
    _maybe("wall_s", "s", "wall time of the run"),
)
_LOCAL_ONLY = ("path", "wall_s")
_HEAD = ("run_id", "scheme", "seed", "slots")

_RUNS = Table(
    "runs",
    "one row, the run and its summary",
    "",
    (
        RUN_ID,
        _text("name", "name of the scenario"),
        _text("scheme", "what decides"),
        _text("profile", "which equations answer"),
        _number("seed", "root of every random stream"),
        _number("replication", "branch of the seed tree"),
        _count("slots", "slots simulated"),
        _real("slot_s", "s", "length of a slot"),
        *(column for column in SUMMARY if column.name not in _LOCAL_ONLY + _HEAD),
    ),
)

_SLOTS = Table(
    "slots",
    "one row a slot",
    "",
    (
        *_SLOT,
        _count("vehicles", "vehicles on the road"),
        _count("arrivals", "vehicles that came by the end of the slot"),
        _count("leavers", "vehicles that left by the end of the slot"),
        _count("generated", "tasks born in the slot"),
        _count("deciding", "vehicles that had an undecided task"),
        _count("offloaded", "uploads that began"),
        _count("local", "tasks given to their vehicle's processor"),
        _count("wait_uplink", "offloads put off because the transmitter was busy"),
        _count("wait_key", "offloads put off because there was no whole key"),
        _count("no_store", "offloads for which the vehicle did not carry a whole key"),
        _count("rerouted", "uploads whose key came another way than the shortest, which a fault had broken"),
        _count("starved", "offloads without a key, the shortest way of which a fault had broken"),
        _count("failed", "tasks that a failed unit or server took along"),
        _count("refused", "offloads not admitted to the uplink: out of range, or SINR below the threshold"),
        _count("exposed", "uploads that began without a key"),
        _count("done", "results delivered by their deadline"),
        _count("late", "results delivered after it"),
        _count("dropped", "tasks given up"),
        _count("in_flight", "tasks without an end when the slot ended"),
        _flag("busy", "the load is in its busy regime"),
        _real("key_rate_bps", "bit/s", "secret key rate, sum over links"),
        _count("keys_generated_bit", "secret bits distilled, sum over links", "bit"),
        _count("keys_consumed_bit", "secret bits withdrawn for keys of a link's own two ends, sum over links", "bit"),
        _count("keys_relayed_bit", "secret bits withdrawn for relayed keys, sum over links", "bit"),
        _count("stores_bit", "key bits that all vehicles carry when the slot ended", "bit"),
        _count("stores_loaded_bit", "key bits that docks handed to vehicles", "bit"),
        _count("stores_spent_bit", "key bits that vehicles spent", "bit"),
        _count("pending_transactions", "transactions that wait for a block when the slot ended"),
        _real("key_term", "1", "key part of eq. (22)"),
        _real("latency_term", "1", "latency part of eq. (22)"),
        _real("block_term", "1", "block part of eq. (22)"),
        _real("drop_term", "1", "what the tasks dropped in the slot cost"),
        _real("objective", "1", "eq. (22) and the drops, a cost"),
        _real("reward", "1", "what the policy is told"),
        _maybe(
            "predicted_latency_s", "s", "latency promised by eqs. (16)-(17) and the backlog, mean over decided tasks"
        ),
        _count("guards", "values that a guard had to mend"),
        _count("violations", "constraints C1-C15 found broken"),
        *_OVER,
    ),
)

_TASKS = Table(
    "tasks",
    "one row a task that ended, in the order of the slots; at last those in flight",
    "",
    (
        RUN_ID,
        _number("task", "number of the task, from 0, in the order of births"),
        _text("vehicle", "who needs the result"),
        _text("kind", "task class"),
        _text("outcome", "done, late, dropped or in_flight"),
        _text(
            "reason",
            "why it was dropped, else empty: left, no_key, no_signal, no_store, server_down, rsu_down",
        ),
        _text("rsu", "the server that has it; null when none has", True),
        _flag("exposed", "sent without a key"),
        _flag("rerouted", "its key came another way than the shortest, which a fault had broken"),
        _flag(
            "handover",
            "the RSU nearest to its vehicle when the result was ready was not `rsu`: the vehicle drove on, or the "
            "policy had chosen another than the nearest",
        ),
        _real("born_s", "s", "when it was born"),
        _real("due_s", "s", "its deadline, as an instant"),
        _maybe("decided_s", "s", "when it began to be sent, or joined its vehicle's processor"),
        _maybe("end_s", "s", "when the result arrived or the task was dropped; null while in flight"),
        _count("input_bit", "to be sent", "bit"),
        _count("result_bit", "to be returned", "bit"),
        _count("cycles", "work", "cycle"),
        _count("key_bit", "bits of its keys, which both ends have", "bit"),
        _count("pool_bit", "secret bits that all pools on the way of its keys paid", "bit"),
        _maybe(
            "rate_bps", "bit/s", "rate of its upload, in its last slot where `field` renews it; null when there was none"
        ),
        _maybe(
            "sinr_db", "dB", "SINR of its upload, in its last slot where `field` renews it; null when there was none"
        ),
        _maybe("latency_s", "s", "birth to result; null unless done or late. The six parts below add up to it"),
        _real("deadline_s", "s", "birth to deadline"),
        _maybe("wait_s", "s", "part: for a decision or for the transmitter"),
        _real("key_wait_s", "s", "part: for a whole key"),
        _maybe("uplink_s", "s", "part: being sent; 0 when computed in the vehicle"),
        _maybe("queue_s", "s", "part: for the processor; none with `edge.queue: ps` or `sqrt`, where sharing lengthens `compute_s`"),
        _maybe("compute_s", "s", "part: being computed"),
        _maybe("return_s", "s", "part: the result's way back"),
        _maybe("predicted_s", "s", "latency promised when it was decided"),
        _real("energy_j", "J", "of sending and computing it"),
    ),
)

_SERVERS = Table(
    "servers",
    "one row a slot and RSU",
    "rsu",
    (
        *_SLOT,
        _text("rsu", "the RSU, whose edge server this is"),
        _count("attached", "vehicles that are nearest to it"),
        _count("uploads", "uploads under way to it"),
        _count("arrivals", "uploads completed in the slot"),
        _count("served", "computations completed in the slot, for vehicles that are still there"),
        _count("abandoned", "tasks that wait or are computed there and whose vehicle left in the slot"),
        _count("failed", "tasks that its failure took along"),
        _flag("up", "the unit and its server work"),
        _real(
            "busy_s",
            "s",
            "time computing tasks within the slot, at the whole clock, mean over its processors; with `edge.queue: unlimited` the work that came, which may be more",
        ),
        _real("lent_s", "s", "time of each of its processors within the slot that its block had (`chain.clock_share`)"),
        _real(
            "backlog_s",
            "s",
            "until it is idle, if it lends nothing, when the slot ended, mean over its processors",
        ),
        _real("sending_s", "s", "time within the slot in which at least one upload was under way"),
        _real("band_share", "1", "share of its band given to vehicles; consensus has the rest"),
    ),
)

_LINKS = Table(
    "links",
    "one row a slot and QKD link",
    "link",
    (
        *_SLOT,
        _text("link", "the fibre link and its key pool"),
        _real("key_rate_bps", "bit/s", "secret key rate"),
        _maybe("qber", "1", "quantum bit error rate; null when nothing was detected"),
        _count("generated_bit", "secret bits distilled in the slot", "bit"),
        _count("stored_bit", "secret bits in the pool when the slot ended", "bit"),
        _count("consumed_bit", "secret bits withdrawn in the slot for keys of its two ends", "bit"),
        _count("relayed_bit", "secret bits withdrawn in the slot for keys that came from or went farther", "bit"),
        _count("overflow_bit", "secret bits lost to a full pool in the slot", "bit"),
        _count("expired_bit", "secret bits discarded for their age in the slot", "bit"),
        _text("state", "of the pool when the slot ended: ready, warning, charging or empty"),
        _flag("up", "the fibre is whole and both its ends work"),
        _flag("aborted", "its error rate is above `keys.abort_qber`, so that it makes no keys"),
    ),
)

_BLOCKS = Table(
    "blocks",
    "one row a round: a block that is on the chain where `final` is true, else a try that came to nothing",
    "",
    (
        RUN_ID,
        _number("round", "number of the try, from 1"),
        _number("height", "place in the chain, from 1; the same again after a try that came to nothing"),
        _count("time_ns", "when it was made, or should have been, as the header has it", "ns"),
        _real("time_s", "s", "the same"),
        _text("producer", "validator whose turn it was"),
        _text(
            "outcome",
            "final; rejected: more than 2/3 refused it; undecided: neither; missed: the producer made nothing",
        ),
        Column("hash", "string", "", "SHA-256 of the header, in hex; empty where nothing was made"),
        Column("parent", "string", "", "hash of the last final block before"),
        Column(
            "rival", "string", "", "hash of another final block at the same height; null: there is none", True
        ),
        Column("root", "string", "", "Merkle root of its transactions"),
        _count("transactions", "transactions in it; they stay pending unless it is final"),
        _count("records", "records in them"),
        _count("limit_bit", "largest size that was allowed", "bit"),
        _count("size_bit", "size of the block", "bit"),
        _count("signature_bit", "signatures beside it: of its producer, its voters and its transactions", "bit"),
        _real("generation_s", "s", "eq. (18)"),
        _real("propagation_s", "s", "eq. (19)"),
        _real("verification_s", "s", "eq. (20)"),
        _maybe("finality_s", "s", "eq. (21), from being made to being final; null where it never was"),
        _flag("final", "more than 2/3 of the voting weight signed it"),
        _flag("valid", "its producer made it, made no other, and kept the rules"),
        _flag("safe", "less than 1/3 of the voting weight is Byzantine, so that no final block can have a rival"),
        _flag("live", "more than 2/3 of the voting weight is honest and present, so that blocks become final"),
        _real("weight", "1", "share of the voting weight that signed"),
        _real("honest_weight", "1", "share that is honest and present"),
        _real("byzantine_weight", "1", "share that is Byzantine"),
        Column(
            "weight_bit", "list<float64>", "bit", "voting weight of every validator: its stake before the round"
        ),
        Column("signers", "list<int64>", "", "numbers of the validators that signed it"),
        _real("minted_bit", "bit", "by how much the settlement raised the sum of the stakes"),
        _real("burned_bit", "bit", "by how much it lowered the sum"),
        _real("slashed_bit", "bit", "what the producer lost as a punishment"),
        Column("stake_bit", "list<float64>", "bit", "stake of every validator after the settlement"),
        _text("stake_type", "what the stakes are: int64, or float64 where the consensus makes fractions"),
        Column(
            "stake_hex", "string", "", "the same as eight little-endian bytes each, which the header covers, in hex"
        ),
    ),
)

_TRANSACTIONS = Table(
    "transactions",
    "one row a transaction, the records of one RSU in one slot, in their order; at last those that are pending",
    "transaction",
    (
        RUN_ID,
        _number("transaction", "number of the transaction, from 0"),
        _count("time_ns", "end of the slot whose records it holds", "ns"),
        _real("time_s", "s", "the same"),
        _text("rsu", "the RSU, whose edge server wrote it"),
        _count("records", "records in it"),
        Column("root", "string", "", "Merkle root of its records, in hex"),
        Column("height", "int64", "", "height of the block that took it; null while it is pending", True),
        Column("place", "int64", "", "place in that block, from 0; null while it is pending", True),
    ),
)

_RECORDS = Table(
    "records",
    "one row a record of the ledger, in the order of the transactions; docs/ledger.md tells what each kind says",
    "transaction",
    (
        RUN_ID,
        _number("transaction", "number of the transaction that holds it"),
        _number("place", "place in that transaction, from 0"),
        _text(
            "kind",
            "keys_generated, keys_stored, keys_updated, keys_consumed, offload, computation or result",
        ),
        _number("subject", "what it is about: number of the task, or of the link in the order of `links`"),
        _count("key_bit", "secret bits distilled, stored or withdrawn; of a result, the stake that it earns", "bit"),
        _count("cycles", "work done", "cycle"),
        _count("time_ns", "when it happened", "ns"),
    ),
)

_FAULTS = Table(
    "faults",
    "one row a slot and fault under way; none where nothing fails",
    "fault",
    (
        *_SLOT,
        _number("fault", "number of the fault, from 0, as they begin"),
        _text("kind", "fibre_cut, node_down, server_down, rsu_down, byzantine or eavesdropper"),
        _text("subject", "the link, QKD node or roadside unit"),
        _real("begin_s", "s", "when it begins; it acts from the first slot that begins then or later"),
        _maybe("end_s", "s", "when it ends; null: never"),
        _count("rerouted", "uploads whose key came another way because of it"),
        _count("starved", "offloads without a key because of it"),
        _count("failed", "tasks that it took along"),
    ),
)

_DOCKS = Table(
    "docks",
    "one row a slot and dock, where vehicles' key stores are loaded; none without docks",
    "dock",
    (
        *_SLOT,
        _text("dock", "the dock"),
        _count("vehicles", "vehicles at it"),
        _count("loaded_bit", "key bits that it handed to them", "bit"),
    ),
)

_SIGNATURES = Table(
    "signatures",
    "one row a signature under a block that was made, the producer's and then the votes; only with "
    "`chain.signing: real`",
    "validator",
    (
        RUN_ID,
        _number("round", "number of the try, as in `blocks`"),
        _number("height", "place in the chain"),
        _text("validator", "who signed"),
        _text("role", "producer: of the block; voter: for it"),
        _text("algorithm", "as `chain.signature`"),
        _text("public_key", "of the validator, in hex"),
        Column("signature", "string", "", "in hex; docs/ledger.md tells over which bytes"),
    ),
)

_QUANTUM = Table(
    "quantum",
    "two rows a slot, what the circuits of its decisions took and what those of training would take by the "
    "parameter-shift rule; only of schemes that have circuits",
    "part",
    (
        *_SLOT,
        _text("part", "decision or training"),
        _count("samples", "decisions taken, or examples learned from"),
        _count("qubits", "largest register; 0 where nothing ran"),
        *(_count(name, meaning) for name, meaning in _COUNTED.items()),
        *(_real(name, "1", meaning) for name, meaning in _COMPOSITES.items()),
    ),
)

TABLES = {
    table.name: table
    for table in (
        _RUNS,
        _SLOTS,
        _TASKS,
        _SERVERS,
        _LINKS,
        _BLOCKS,
        _TRANSACTIONS,
        _RECORDS,
        _FAULTS,
        _DOCKS,
    )
}
# Not in every run, and in which.
BESIDE = {_SIGNATURES.name: _SIGNATURES, _QUANTUM.name: _QUANTUM}
BESIDE_OF = {_SIGNATURES.name: "with chain.signing: real", _QUANTUM.name: "of schemes with quantum circuits"}
# They differ between equal runs, so that their digests stand in SHA256SUMS alone.
UNDATED = (_SIGNATURES.name,)
ALL_TABLES = TABLES | BESIDE

_LEARNER = (_text("training_id", "the training; a digest of everything that decides what is learned"),)
_LESSON = (
    _number("replication", "branch of the seed tree: below 0, where no run draws"),
    _count("slots", "slots simulated"),
    _count("tasks", "tasks that ended"),
    _real("return", "1", "sum of the rewards"),
    _maybe("deadline_miss_rate", "1", "late and dropped tasks over all that ended"),
    _maybe("mean_latency_s", "s", "birth to result, mean over done and late tasks"),
)
_TRAINING = Table(
    "training",
    "one row an episode of `qvecsim train`; what the learner has counted is that of all worlds of a round, at its end",
    "",
    (
        *_LEARNER,
        _number("episode", "index of the episode, from 0"),
        _number("round", "episodes of a round are simulated in step"),
        _number("world", "index within the round"),
        *_LESSON,
        _maybe("decisions", "1", "decisions learned from so far"),
        _maybe("updates", "1", "steps of the optimiser so far"),
        _maybe("epsilon", "1", "share of the decisions that explores, or what else the learner calls so"),
        _maybe("loss", "1", "mean loss of the updates of the round"),
    ),
)
_EVALUATION = Table(
    "evaluation",
    "one row a world of an evaluation during training: the policy decides by what it knows, on the same worlds each time",
    "",
    (*_LEARNER, _count("episodes", "episodes learned from until then"), *_LESSON),
)
LEARNING = {_TRAINING.name: _TRAINING, _EVALUATION.name: _EVALUATION}  # of a folder of ``qvecsim train``


def columns() -> dict[str, list[dict[str, Any]]]:
    """Every table with its columns, as plain values for JSON: the data dictionary."""
    return {name: list(_entries(table)) for name, table in ALL_TABLES.items()}


def markdown() -> str:
    """Every table with its columns, as the page ``docs/tables.md``."""
    return "\n".join([_PREFACE, *(_section(table) for table in (ALL_TABLES | LEARNING).values())])


@cache
def arrow(table: str) -> Any:
    """``pyarrow.Schema`` of a table."""
    import pyarrow as pa

    fields = [
        pa.field(
            column.name, _arrow_type(column.type), column.optional, {"unit": column.unit, "meaning": column.meaning}
        )
        for column in (ALL_TABLES | LEARNING)[table].columns
    ]
    return pa.schema(fields, {"table": table, "schema_version": str(SCHEMA_VERSION)})


def _arrow_type(name: str) -> Any:
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "text": pa.dictionary(pa.int32(), pa.string()),
        "string": pa.string(),
        "list<int64>": pa.list_(pa.int64()),
        "list<float64>": pa.list_(pa.float64()),
    }
    return types[name]


def _entries(table: Table) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        yield {
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "null": column.optional,
            "meaning": column.meaning,
        }


def _section(table: Table) -> str:
    head = f"## {table.name}\n\n{table.meaning[0].upper()}{table.meaning[1:]}.\n"
    rows = [
        f"| `{column.name}` | {column.type} | {column.unit} | {'yes' if column.optional else ''} | {column.meaning} |"
        for column in table.columns
    ]
    return "\n".join([head, "| column | type | unit | null | meaning |", "|---|---|---|---|---|", *rows, ""])


_PREFACE = f"""# Tables of a run

Written by `qvecsim.results.schema` (schema version {SCHEMA_VERSION}); a test holds this page equal to it.
Each table is a folder of Parquet parts. `text` is a string column stored as a dictionary. Unit `1` means a count,
a share or a ratio. Instants are seconds on the simulation clock, which starts at 0 with the first slot.
"""
