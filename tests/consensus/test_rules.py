"""The table of names, and code of the user's own under a name."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from qvecsim.consensus.rules import CONSENSUS, plug_in, rules
from qvecsim.errors import PluginError, ScenarioError
from qvecsim.scenario.parameters import Chain, Scenario


def of(name):
    return rules(Scenario.model_validate({"world": {"trace": "made-up"}, "chain": {"consensus": name}}))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module of the user's own, in the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    for name in [name for name in sys.modules if name.startswith("own_chain")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", CONSENSUS)
def test_every_name_is_a_file_of_two_functions(name):
    found = of(name)
    assert found.__name__ == f"qvecsim.consensus.{name}"
    assert callable(found.elect)
    assert callable(found.settle)
    assert plug_in(name) == name


LAST = "def elect(stake, votes, head):\n    return len(stake) - 1\n\n\ndef settle(stake, *_):\n    return stake\n"


def test_a_module_is_enough(module):
    own = of(module("own_chain_a", LAST))
    assert own.elect(np.array([4, 5]), np.ones(2), b"") == 1
    assert plug_in("own_chain_a") == "own_chain_a:elect"
    assert plug_in("own_chain_a:Rules") == "own_chain_a:Rules"


def test_a_name_that_is_nothing():
    with pytest.raises(ScenarioError) as caught:
        of("round_robbin")
    rule = "'chain.consensus' must be known, a module, or module:name (got 'round_robbin'). Did you mean 'round_robin'?"
    assert str(caught.value) == rule


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LAST.replace("settle", "close"), "'chain.consensus' must name something in 'own_chain_b' (got 'settle')."),
        ("import own_chain_missing\n", "importing 'own_chain_b' failed: ModuleNotFoundError"),
        ("elect = settle = 1\n", "'chain.consensus' must have a function 'elect' (got 'own_chain_b')."),
    ],
)
def test_a_module_that_is_no_consensus(module, text, told):
    module("own_chain_b", text)
    with pytest.raises(ScenarioError) as caught:
        of("own_chain_b")
    assert told in str(caught.value)


COUNTING = """
calls = []


def elect(stake, *_):
    calls.append(1)
    return len(calls) % 2


def settle(stake, *_):
    calls.append(1)
    return stake + len(calls)
"""


def test_rules_with_a_memory_are_refused(module):
    own = of(module("own_chain_c", COUNTING))
    with pytest.raises(PluginError, match=r"elect, must return the same for the same arguments \(got 1, then 0\)"):
        own.elect(np.array([4, 5]), np.ones(2), b"")
    with pytest.raises(PluginError, match=r"settle, must return the same for .* \(got \[7, 8\], then \[8, 9\]\)"):
        own.settle(np.array([4, 5]), 0, True, Chain())
