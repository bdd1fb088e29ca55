"""Columns of numbers, and the rows of tables of them: tasks, jobs, transactions, with the codes that stand in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Records = NDArray[np.void]

# The life of a task. A task is decided at a boundary; one that may not start then stays UNDECIDED and is asked again.
UNDECIDED, LOCAL, UPLINK, SERVER, RETURN, LOST = range(6)
OUTCOMES = ("in_flight", "done", "late", "dropped")
IN_FLIGHT, DONE, LATE, DROPPED = range(4)
REASONS = ("", "left", "no_key", "no_signal", "no_store", "server_down", "rsu_down")  # why a task was dropped
NO_REASON, LEFT, NO_KEY, NO_SIGNAL, NO_STORE, SERVER_DOWN, RSU_DOWN = range(7)

# What a record of the ledger tells (III-A, III-D), and its subject: a link, or a task.
RECORDS = (
    "keys_generated",  # a link's, in a slot, for a unit that it feeds
    "keys_stored",  # what its pool holds at the end of the slot
    "keys_updated",  # a task opened a new session key, where keys outlive a task (``keys.rekey``)
    "keys_consumed",  # a key was withdrawn for one task
    "offload",  # a task has reached the server
    "computation",  # the server has done its work
    "result",  # the result is where it is wanted; its key bits are the stake that the unit earns
)
GENERATED, STORED, UPDATED, CONSUMED, OFFLOADED, COMPUTED, RETURNED = range(7)

# One row a task; rows are in the order of their ids, which is the order of their births.
TASK = np.dtype(
    [
        ("task", np.int64),
        ("vehicle", np.int64),  # index into the trace's ids
        ("kind", np.int64),  # index into the scenario's task classes
        ("phase", np.int64),
        ("rsu", np.int64),  # the server that has it; -1 while local or undecided
        ("born_ns", np.int64),
        ("due_ns", np.int64),
        ("decided_ns", np.int64),  # when it began to be computed or sent; -1 before
        ("key_wait_ns", np.int64),  # how long it waited because its pool had no whole key
        ("input_bit", np.int64),
        ("result_bit", np.int64),
        ("cycles", np.int64),
        ("key_bit", np.int64),  # its key, and what the ends of the key withdrew for it
        ("pool_bit", np.int64),  # what all pools on the key's way paid together
        ("rerouted", np.int64),  # the key came another way than the shortest, which a fault had broken
        ("tx_power_w", np.float64),  # of its upload; 0 before
        ("rate_bps", np.float64),
        ("left_bit", np.float64),  # not sent when its rate was set, where rates are set anew in each slot
        ("sinr", np.float64),
        ("arrival_ns", np.int64),  # the last bit reaches the server
        ("service_start_ns", np.int64),
        ("service_end_ns", np.int64),
        ("end_ns", np.int64),  # the result is where it is wanted
        ("predicted_s", np.float64),  # what (16)-(17) and the backlog promised when it was decided
        ("energy_j", np.float64),
        ("exposed", np.int64),  # sent without a key
        ("handover", np.int64),  # its vehicle had another nearest RSU when the result was ready
        ("back_rsu", np.int64),  # which sends the result, and may be another than that of the server; read in RETURN
        ("outcome", np.int64),
        ("reason", np.int64),
    ]
)

# One row a job that shares a server with others (``edge.queue: ps``), each server's by whose turn is next.
JOB = np.dtype([("rsu", np.int64), ("task", np.int64), ("left_ns", np.int64)])
# The same with the work that it came with, whose root is its weight (``edge.queue: sqrt``), each server's as they came.
ROOTED_JOB = np.dtype([*((name, np.int64) for name in ("rsu", "task", "left_ns", "work_ns"))])

# One row a transaction that waits for a block: the records of one RSU in one slot.
TRANSACTION = np.dtype([("time_ns", "<i8"), ("rsu", "<i8"), ("records", "<i8"), ("root", "V32")])
