"""Keys: what every QKD link makes and its pool holds, and what docks hand to vehicles."""

from __future__ import annotations

from qvecsim.results.schema.core import SLOT, Table, count, flag, maybe, real, text

LINKS = Table(
    "links",
    "one row a slot and QKD link",
    "link",
    (
        *SLOT,
        text("link", "the fibre link and its key pool"),
        real("key_rate_bps", "bit/s", "secret key rate"),
        maybe("qber", "1", "quantum bit error rate; null when nothing was detected"),
        count("generated_bit", "secret bits distilled in the slot", "bit"),
        count("stored_bit", "secret bits in the pool when the slot ended", "bit"),
        count("consumed_bit", "secret bits withdrawn in the slot for keys of its two ends", "bit"),
        count("relayed_bit", "secret bits withdrawn in the slot for keys that came from or went farther", "bit"),
        count("overflow_bit", "secret bits lost to a full pool in the slot", "bit"),
        count("expired_bit", "secret bits discarded for their age in the slot", "bit"),
        text("state", "of the pool when the slot ended: ready, warning, charging or empty"),
        flag("up", "the fibre is whole and both its ends work"),
        flag("aborted", "its error rate is above `keys.abort_qber`, so that it makes no keys"),
    ),
)

DOCKS = Table(
    "docks",
    "one row a slot and dock, where vehicles' key stores are loaded; none without docks",
    "dock",
    (
        *SLOT,
        text("dock", "the dock"),
        count("vehicles", "vehicles at it"),
        count("loaded_bit", "key bits that it handed to them", "bit"),
    ),
)
