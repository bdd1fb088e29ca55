"""The consensus of a scenario: one of ours by its name, or code of the user's own. Level: a table of names."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from qvecsim.consensus.own import KEY, Own
from qvecsim.consensus.validators import parties
from qvecsim.consensus.verdict import Parties
from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams

CONSENSUS = (
    "poqks",  # Algorithm 1, mended
    "poqks_printed",  # Algorithm 1 as printed
    "pos",  # plain proof of stake
    "round_robin",  # each in turn
)


class Council(NamedTuple):
    """What makes the blocks of a run; all of it follows from the scenario, so a checkpoint need not hold it."""

    rules: Any  # with ``elect`` and ``settle``
    parties: Parties


def council(scenario: Scenario, names: Sequence[str], streams: Streams) -> Council:
    """The consensus of a run, and who of the validators with these names is honest."""
    return Council(rules(scenario), parties(scenario.chain.validators, names, streams))


def rules(scenario: Scenario) -> Any:
    """The module, or the user's own object, that elects producers and settles stake."""
    name = scenario.chain.consensus
    if name in CONSENSUS:
        return importlib.import_module(f"qvecsim.consensus.{name}")
    return Own(name, load(name, KEY, scenario.folder) if ":" in name else _module(name, scenario))


def plug_in(name: str) -> str:
    """A consensus as ``module:name`` if it is the user's own; a module alone is as good as its first function."""
    return name if ":" in name or name in CONSENSUS else f"{name}:elect"


def _module(name: str, scenario: Scenario) -> Any:
    """The two functions of a module of the user's own."""
    try:
        functions = {of: load(f"{name}:{of}", KEY, scenario.folder) for of in ("elect", "settle")}
    except ScenarioError as error:
        missing = error.__cause__
        if isinstance(missing, ModuleNotFoundError) and missing.name == name:
            rule = f"be known, a module, or module:name (got '{name}'). {did_you_mean(name, CONSENSUS)}"
            raise ScenarioError(f"'{KEY}' must {rule}") from error
        raise
    return SimpleNamespace(**functions)
