from __future__ import annotations

import pytest

from qvecsim.decision.quantum import aer, composites, cost
from qvecsim.decision.quantum.vqc import Circuit

ROWS = {scheme.amplitudes: composites.resources(scheme) for scheme in (*composites.CHAINS, *composites.OTHERS)}


@pytest.mark.parametrize(
    ("amplitudes", "qubits", "cx_shots"),
    [(16, 6, 23_984), (64, 6, 75_984), (67, 7, 141_984), (472, 9, 529_984), (0, 6, 984)],
)
def test_cx_times_shots_by_hand(amplitudes, qubits, cx_shots):
    """(2^n - n - 1 + 3 n) cx a thousand times, and six iterations of 164."""
    assert ROWS[amplitudes].qubits == qubits
    assert ROWS[amplitudes].cx_shots == cx_shots
    assert ROWS[amplitudes].oracle_calls == 6


@pytest.mark.parametrize(("amplitudes", "qubits"), [(16, 4), (64, 6), (67, 7)])
def test_a_row_against_qiskit(amplitudes, qubits):
    values, search = aer.evaluation_counts(Circuit(qubits, 3)), aer.search_counts(6)
    assert ROWS[amplitudes] == cost.decision(values, *search, shots=1000, iterations=6)


def test_what_a_chain_saves_against_amplitudes_and_costs_against_none():
    narrow, wide = ROWS[16], ROWS[64]
    assert composites.saved(narrow, ROWS[67])[0] == pytest.approx(0.831, abs=5e-4)
    assert composites.saved(wide, ROWS[67])[0] == pytest.approx(0.465, abs=5e-4)
    assert composites.saved(narrow, ROWS[472])[0] == pytest.approx(0.955, abs=5e-4)
    assert all(share < -20 for share in composites.saved(narrow, ROWS[0]))


def test_the_share_saved_depends_on_the_shots_that_are_chosen():
    few = [composites.resources(scheme, shots=1) for scheme in (composites.CHAINS[0], composites.OTHERS[0])]
    assert composites.saved(*few)[0] == pytest.approx(0.105, abs=5e-4)


def test_the_table_has_a_row_a_scheme():
    lines = composites.markdown().splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert len({line.count("|") for line in lines}) == 1
