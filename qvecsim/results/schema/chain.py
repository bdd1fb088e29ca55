"""The chain (Algorithm 1): its rounds, what their blocks hold, and who signed them."""

from __future__ import annotations

from qvecsim.results.schema.core import RUN_ID, Column, Table, count, flag, maybe, number, real, string, text

BLOCKS = Table(
    "blocks",
    "one row a round: a block that is on the chain where `final` is true, else a try that came to nothing",
    "",
    (
        RUN_ID,
        number("round", "number of the try, from 1"),
        number("height", "place in the chain, from 1; the same again after a try that came to nothing"),
        count("time_ns", "when it was made, or should have been, as the header has it", "ns"),
        real("time_s", "s", "the same"),
        text("producer", "validator whose turn it was"),
        text(
            "outcome",
            "final; rejected: more than 2/3 refused it; undecided: neither; missed: the producer made nothing",
        ),
        string("hash", "SHA-256 of the header, in hex; empty where nothing was made"),
        string("parent", "hash of the last final block before"),
        string("rival", "hash of another final block at the same height; null: there is none", True),
        string("root", "Merkle root of its transactions"),
        count("transactions", "transactions in it; they stay pending unless it is final"),
        count("records", "records in them"),
        count("limit_bit", "largest size that was allowed", "bit"),
        count("size_bit", "size of the block", "bit"),
        count("signature_bit", "signatures beside it: of its producer, its voters and its transactions", "bit"),
        real("generation_s", "s", "eq. (18)"),
        real("propagation_s", "s", "eq. (19)"),
        real("verification_s", "s", "eq. (20)"),
        maybe("finality_s", "s", "eq. (21), from being made to being final; null where it never was"),
        flag("final", "more than 2/3 of the voting weight signed it"),
        flag("valid", "its producer made it, made no other, and kept the rules"),
        flag("safe", "less than 1/3 of the voting weight is Byzantine, so that no final block can have a rival"),
        flag("live", "more than 2/3 of the voting weight is honest and present, so that blocks become final"),
        real("weight", "1", "share of the voting weight that signed"),
        real("honest_weight", "1", "share that is honest and present"),
        real("byzantine_weight", "1", "share that is Byzantine"),
        Column("weight_bit", "list<float64>", "bit", "voting weight of every validator: its stake before the round"),
        Column("signers", "list<int64>", "", "numbers of the validators that signed it"),
        real("minted_bit", "bit", "by how much the settlement raised the sum of the stakes"),
        real("burned_bit", "bit", "by how much it lowered the sum"),
        real("slashed_bit", "bit", "what the producer lost as a punishment"),
        Column("stake_bit", "list<float64>", "bit", "stake of every validator after the settlement"),
        text("stake_type", "what the stakes are: int64, or float64 where the consensus makes fractions"),
        string("stake_hex", "the same as eight little-endian bytes each, which the header covers, in hex"),
    ),
)

TRANSACTIONS = Table(
    "transactions",
    "one row a transaction, the records of one RSU in one slot, in their order; at last those that are pending",
    "transaction",
    (
        RUN_ID,
        number("transaction", "number of the transaction, from 0"),
        count("time_ns", "end of the slot whose records it holds", "ns"),
        real("time_s", "s", "the same"),
        text("rsu", "the RSU, whose edge server wrote it"),
        count("records", "records in it"),
        string("root", "Merkle root of its records, in hex"),
        number("height", "height of the block that took it; null while it is pending", True),
        number("place", "place in that block, from 0; null while it is pending", True),
    ),
)

RECORDS = Table(
    "records",
    "one row a record of the ledger, in the order of the transactions; docs/ledger.md tells what each kind says",
    "transaction",
    (
        RUN_ID,
        number("transaction", "number of the transaction that holds it"),
        number("place", "place in that transaction, from 0"),
        text(
            "kind",
            "keys_generated, keys_stored, keys_updated, keys_consumed, offload, computation or result",
        ),
        number("subject", "what it is about: number of the task, or of the link in the order of `links`"),
        count("key_bit", "secret bits distilled, stored or withdrawn; of a result, the stake that it earns", "bit"),
        count("cycles", "work done", "cycle"),
        count("time_ns", "when it happened", "ns"),
    ),
)

SIGNATURES = Table(
    "signatures",
    "one row a signature under a block that was made, the producer's and then the votes; only with "
    "`chain.signing: real`",
    "validator",
    (
        RUN_ID,
        number("round", "number of the try, as in `blocks`"),
        number("height", "place in the chain"),
        text("validator", "who signed"),
        text("role", "producer: of the block; voter: for it"),
        text("algorithm", "as `chain.signature`"),
        text("public_key", "of the validator, in hex"),
        string("signature", "in hex; docs/ledger.md tells over which bytes"),
    ),
)
