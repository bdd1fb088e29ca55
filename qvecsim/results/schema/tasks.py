"""Tasks, each from its birth to its end, and the servers that compute them."""

from __future__ import annotations

from qvecsim.results.schema.core import RUN_ID, SLOT, Table, count, flag, maybe, number, real, text

TASKS = Table(
    "tasks",
    "one row a task that ended, in the order of the slots; at last those in flight",
    "",
    (
        RUN_ID,
        number("task", "number of the task, from 0, in the order of births"),
        text("vehicle", "who needs the result"),
        text("kind", "task class"),
        text("outcome", "done, late, dropped or in_flight"),
        text(
            "reason",
            "why it was dropped, else empty: left, no_key, no_signal, no_store, server_down, rsu_down",
        ),
        text("rsu", "the server that has it; null when none has", True),
        flag("exposed", "sent without a key"),
        flag("rerouted", "its key came another way than the shortest, which a fault had broken"),
        flag(
            "handover",
            "the RSU nearest to its vehicle when the result was ready was not `rsu`: the vehicle drove on, or the "
            "policy had chosen another than the nearest",
        ),
        real("born_s", "s", "when it was born"),
        real("due_s", "s", "its deadline, as an instant"),
        maybe("decided_s", "s", "when it began to be sent, or joined its vehicle's processor"),
        maybe("end_s", "s", "when the result arrived or the task was dropped; null while in flight"),
        count("input_bit", "to be sent", "bit"),
        count("result_bit", "to be returned", "bit"),
        count("cycles", "work", "cycle"),
        count("key_bit", "bits of its keys, which both ends have", "bit"),
        count("pool_bit", "secret bits that all pools on the way of its keys paid", "bit"),
        maybe(
            "rate_bps",
            "bit/s",
            "rate of its upload, in its last slot where `field` renews it; null when there was none",
        ),
        maybe(
            "sinr_db", "dB", "SINR of its upload, in its last slot where `field` renews it; null when there was none"
        ),
        maybe("latency_s", "s", "birth to result; null unless done or late. The six parts below add up to it"),
        real("deadline_s", "s", "birth to deadline"),
        maybe("wait_s", "s", "part: for a decision or for the transmitter"),
        real("key_wait_s", "s", "part: for a whole key"),
        maybe("uplink_s", "s", "part: being sent; 0 when computed in the vehicle"),
        maybe(
            "queue_s",
            "s",
            "part: for the processor; none with `edge.queue: ps` or `sqrt`, where sharing lengthens `compute_s`",
        ),
        maybe("compute_s", "s", "part: being computed"),
        maybe("return_s", "s", "part: the result's way back"),
        maybe("predicted_s", "s", "latency promised when it was decided"),
        real("energy_j", "J", "of sending and computing it"),
    ),
)

SERVERS = Table(
    "servers",
    "one row a slot and RSU",
    "rsu",
    (
        *SLOT,
        text("rsu", "the RSU, whose edge server this is"),
        count("attached", "vehicles that are nearest to it"),
        count("uploads", "uploads under way to it"),
        count("arrivals", "uploads completed in the slot"),
        count("served", "computations completed in the slot, for vehicles that are still there"),
        count("abandoned", "tasks that wait or are computed there and whose vehicle left in the slot"),
        count("failed", "tasks that its failure took along"),
        flag("up", "the unit and its server work"),
        real(
            "busy_s",
            "s",
            "time computing tasks within the slot, at the whole clock, mean over its processors; with "
            "`edge.queue: unlimited` the work that came, which may be more",
        ),
        real("lent_s", "s", "time of each of its processors within the slot that its block had (`chain.clock_share`)"),
        real(
            "backlog_s",
            "s",
            "until it is idle, if it lends nothing, when the slot ended, mean over its processors",
        ),
        real("sending_s", "s", "time within the slot in which at least one upload was under way"),
        real("band_share", "1", "share of its band given to vehicles; consensus has the rest"),
    ),
)
