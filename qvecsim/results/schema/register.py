"""Which tables there are, and which of them a run has."""

from __future__ import annotations

from qvecsim.results.schema.chain import BLOCKS, RECORDS, SIGNATURES, TRANSACTIONS
from qvecsim.results.schema.circuits import QUANTUM
from qvecsim.results.schema.core import Table
from qvecsim.results.schema.keys import DOCKS, LINKS
from qvecsim.results.schema.learning import EVALUATION, TRAINING
from qvecsim.results.schema.run import RUNS
from qvecsim.results.schema.slots import FAULTS, SLOTS
from qvecsim.results.schema.tasks import SERVERS, TASKS


def _named(*tables: Table) -> dict[str, Table]:
    return {table.name: table for table in tables}


TABLES = _named(RUNS, SLOTS, TASKS, SERVERS, LINKS, BLOCKS, TRANSACTIONS, RECORDS, FAULTS, DOCKS)
# Not in every run, and in which.
BESIDE = _named(SIGNATURES, QUANTUM)
BESIDE_OF = {SIGNATURES.name: "with chain.signing: real", QUANTUM.name: "of schemes with quantum circuits"}
# They differ between equal runs, so that their digests stand in SHA256SUMS alone.
UNDATED = (SIGNATURES.name,)
ALL_TABLES = TABLES | BESIDE
LEARNING = _named(TRAINING, EVALUATION)  # of a folder of ``qvecsim train``
