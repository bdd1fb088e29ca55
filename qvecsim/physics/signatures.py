"""Section III-D, beside it: what a signature weighs and takes, by scheme. Level: a table, and three sums.

Signatures lie beside blocks, as segregated witnesses do (Lombrozo, Lau and Wuille, BIP 141, 2015): they count neither
in the hash of a block nor in its size, so a block of Table II holds the same transactions under every scheme.
"""

from __future__ import annotations

from typing import NamedTuple

from qvecsim.scenario.parameters import Chain
from qvecsim.units import BIT_PER_BYTE

HASH_BIT = 256  # what a vote names its block by


class Cost(NamedTuple):
    """One scheme: sizes by its standard; times as medians over messages of 2 KiB, on one x86-64 core."""

    public_key_byte: int
    signature_byte: int
    keygen_s: float
    sign_s: float
    verify_s: float
    source: str


TIMED = "`cryptography` 50.0.2"
COSTS = {
    "none": Cost(0, 0, 0.0, 0.0, 0.0, ""),
    "ml_dsa_44": Cost(1312, 2420, 82e-6, 363e-6, 97e-6, f"FIPS 204, table 2; {TIMED}"),
    "ml_dsa_65": Cost(1952, 3309, 149e-6, 810e-6, 148e-6, f"FIPS 204, table 2; {TIMED}"),
    "ml_dsa_87": Cost(2592, 4627, 207e-6, 918e-6, 227e-6, f"FIPS 204, table 2; {TIMED}"),
    "ed25519": Cost(32, 64, 21e-6, 25e-6, 69e-6, f"RFC 8032, 5.1; {TIMED}"),
    "slh_dsa_shake_128f": Cost(32, 17_088, 19.9e-3, 109e-3, 6.5e-3, "FIPS 205, table 2; `slh-dsa` 0.2.5"),
}


def vote_bit(chain: Chain) -> int:
    """s^v: as the scenario says, else the hash of a block and a signature, bit."""
    if chain.vote_bit is not None:
        return chain.vote_bit
    return HASH_BIT + COSTS[chain.signature].signature_byte * BIT_PER_BYTE


def vote_s(chain: Chain) -> float:
    """Signing a vote: as the scenario says, else by the scheme, s."""
    return COSTS[chain.signature].sign_s if chain.vote_s is None else chain.vote_s


def transaction_s(chain: Chain) -> float:
    """Delta t_v, checking one transaction: as the scenario says, else verifying its signature, s."""
    return COSTS[chain.signature].verify_s if chain.transaction_s is None else chain.transaction_s


def signature_bit(chain: Chain, transactions: int, voters: int) -> int:
    """All signatures beside a block: of its producer, of those who voted for it and of its transactions, bit."""
    return (1 + voters + transactions) * COSTS[chain.signature].signature_byte * BIT_PER_BYTE
