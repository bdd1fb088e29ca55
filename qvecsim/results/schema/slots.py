"""Slots, each as a whole, and the faults that are under way in them."""

from __future__ import annotations

from qvecsim.results.schema.core import SLOT, Table, count, flag, maybe, number, real, text

# What really limits a plan, beside C1-C15 (docs/radio.md).
_OVER = (
    count("over_targets", "tasks that began in more than one place"),
    count("over_capacity", "servers that gave their tasks more than their clock, counted once a slot"),
    count("over_keys", "pools that had less than the keys of the uploads that began, counted once a slot"),
)
OVER = tuple(column.name for column in _OVER)
# What went against the rules, in a slot or in a whole run.
BROKEN = (
    count("guards", "values that a guard had to mend"),
    count("violations", "constraints C1-C15 found broken"),
    *_OVER,
)

SLOTS = Table(
    "slots",
    "one row a slot",
    "",
    (
        *SLOT,
        count("vehicles", "vehicles on the road"),
        count("arrivals", "vehicles that came by the end of the slot"),
        count("leavers", "vehicles that left by the end of the slot"),
        count("generated", "tasks born in the slot"),
        count("deciding", "vehicles that had an undecided task"),
        count("offloaded", "uploads that began"),
        count("local", "tasks given to their vehicle's processor"),
        count("wait_uplink", "offloads put off because the transmitter was busy"),
        count("wait_key", "offloads put off because there was no whole key"),
        count("no_store", "offloads for which the vehicle did not carry a whole key"),
        count("rerouted", "uploads whose key came another way than the shortest, which a fault had broken"),
        count("starved", "offloads without a key, the shortest way of which a fault had broken"),
        count("failed", "tasks that a failed unit or server took along"),
        count("refused", "offloads not admitted to the uplink: out of range, or SINR below the threshold"),
        count("exposed", "uploads that began without a key"),
        count("done", "results delivered by their deadline"),
        count("late", "results delivered after it"),
        count("dropped", "tasks given up"),
        count("in_flight", "tasks without an end when the slot ended"),
        flag("busy", "the load is in its busy regime"),
        real("key_rate_bps", "bit/s", "secret key rate, sum over links"),
        count("keys_generated_bit", "secret bits distilled, sum over links", "bit"),
        count("keys_consumed_bit", "secret bits withdrawn for keys of a link's own two ends, sum over links", "bit"),
        count("keys_relayed_bit", "secret bits withdrawn for relayed keys, sum over links", "bit"),
        count("stores_bit", "key bits that all vehicles carry when the slot ended", "bit"),
        count("stores_loaded_bit", "key bits that docks handed to vehicles", "bit"),
        count("stores_spent_bit", "key bits that vehicles spent", "bit"),
        count("pending_transactions", "transactions that wait for a block when the slot ended"),
        real("key_term", "1", "key part of eq. (22)"),
        real("latency_term", "1", "latency part of eq. (22)"),
        real("block_term", "1", "block part of eq. (22)"),
        real("drop_term", "1", "what the tasks dropped in the slot cost"),
        real("objective", "1", "eq. (22) and the drops, a cost"),
        real("reward", "1", "what the policy is told"),
        maybe(
            "predicted_latency_s", "s", "latency promised by eqs. (16)-(17) and the backlog, mean over decided tasks"
        ),
        *BROKEN,
    ),
)

FAULTS = Table(
    "faults",
    "one row a slot and fault under way; none where nothing fails",
    "fault",
    (
        *SLOT,
        number("fault", "number of the fault, from 0, as they begin"),
        text("kind", "fibre_cut, node_down, server_down, rsu_down, byzantine or eavesdropper"),
        text("subject", "the link, QKD node or roadside unit"),
        real("begin_s", "s", "when it begins; it acts from the first slot that begins then or later"),
        maybe("end_s", "s", "when it ends; null: never"),
        count("rerouted", "uploads whose key came another way because of it"),
        count("starved", "offloads without a key because of it"),
        count("failed", "tasks that it took along"),
    ),
)
