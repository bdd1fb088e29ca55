"""What signatures weigh and take: the table against the package itself, the sums, and the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from qvecsim.consensus.signing import REAL, Identity, unavailable
from qvecsim.physics.signatures import COSTS, signature_bit, transaction_s, vote_bit, vote_s
from qvecsim.scenario.parameters import Chain
from qvecsim.streams import Streams

PAGE = Path(__file__).parents[2] / "docs" / "consensus.md"


@pytest.mark.parametrize("algorithm", REAL)
def test_sizes_are_those_of_the_package(algorithm):
    if reason := unavailable(algorithm):
        pytest.skip(f"{algorithm} is not there: {reason}")
    identity = Identity(algorithm, Streams(1), 0)
    found = len(bytes.fromhex(identity.public)), len(bytes.fromhex(identity.sign(b"")))
    assert found == (COSTS[algorithm].public_key_byte, COSTS[algorithm].signature_byte)


def test_a_large_signature_of_slh_dsa_is_its_hashes():
    # FIPS 205, table 2: n = 16, h = 66, d = 22, k = 33, a = 6; with 35 chains of WOTS+ (w = 16) a layer, and R.
    hashes = 1 + 33 * (6 + 1) + 66 + 22 * 35
    assert COSTS["slh_dsa_shake_128f"].signature_byte == 16 * hashes


def test_every_scheme_of_the_scenario_has_its_row():
    assert set(COSTS) == set(get_args(Chain.model_fields["signature"].annotation))
    assert set(REAL) < set(COSTS)
    for cost in COSTS.values():
        assert cost.keygen_s <= cost.sign_s or cost.signature_byte == 0
        assert bool(cost.source) == (cost.signature_byte > 0)


def test_by_default_all_follows_from_the_scheme():
    chain = Chain()
    assert vote_bit(chain) == 256 + 8 * 2420
    assert (vote_s(chain), transaction_s(chain)) == (363e-6, 97e-6)
    # A producer, eight voters and seven transactions: Table II's 2 KB hold no more, and need not hold these.
    assert signature_bit(chain, 7, 8) == 16 * 8 * 2420


def test_what_the_scenario_says_goes_first():
    chain = Chain(vote_bit=2048, vote_s=0.0, transaction_s=1e-4)
    assert (vote_bit(chain), vote_s(chain), transaction_s(chain)) == (2048, 0.0, 1e-4)


def test_without_signatures_there_is_nothing_to_send_or_check_but_hashes():
    chain = Chain(signature="none")
    assert (vote_bit(chain), vote_s(chain), transaction_s(chain), signature_bit(chain, 9, 9)) == (256, 0.0, 0.0, 0)


def test_the_page_has_the_table():
    rows = re.findall(
        r"^\| `(\w+)`[^|]* \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", PAGE.read_text(), re.M
    )
    told = {name: [float(number.replace(",", "")) for number in numbers] for name, *numbers in rows}
    for name, cost in COSTS.items():
        assert told[name] == pytest.approx([*cost[:2], *(1e6 * seconds for seconds in cost[2:5])])
    assert len(told) == len(COSTS)
