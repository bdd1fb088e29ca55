"""One scheme a file; this is the register. A name outside it is read as ``module:Class``."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from qvecsim.decision.learned import take
from qvecsim.decision.policy import Policy
from qvecsim.errors import PolicyError, did_you_mean
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams

SCHEMES = {
    "greedy": "qvecsim.decision.schemes.greedy:Greedy",
    "linear": "qvecsim.decision.schemes.linear:Linear",
    "mlp": "qvecsim.decision.schemes.mlp:Mlp",
    "nearest": "qvecsim.decision.schemes.nearest:Nearest",
    "price": "qvecsim.decision.schemes.price:Price",
    "qedrl": "qvecsim.decision.schemes.qedrl:Qedrl",
    "ralc": "qvecsim.decision.schemes.ralc:Ralc",
    "rars": "qvecsim.decision.schemes.rars:Rars",
    "tn-only": "qvecsim.decision.schemes.tn_only:TnOnly",
    "tnqdrl": "qvecsim.decision.schemes.tnqdrl:Tnqdrl",
    "vqc-random": "qvecsim.decision.schemes.vqc_random:VqcRandom",
}


def policy_class(scheme: str, *folders: Path) -> type[Policy]:
    """The class that a scheme's name stands for."""
    if ":" in scheme:
        found: object = load(scheme, "scheme", *folders, error_class=PolicyError)
        if not (inspect.isclass(found) and issubclass(found, Policy)):
            raise PolicyError(f"'scheme' must name a subclass of qvecsim.Policy (got '{scheme}', {found!r}).")
        return found
    if scheme not in SCHEMES:
        raise PolicyError(f"'scheme' must be known or module:Class (got '{scheme}'). {did_you_mean(scheme, SCHEMES)}")
    module, name = SCHEMES[scheme].split(":")
    own: type[Policy] = getattr(importlib.import_module(module), name)
    return own


def policy(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """A policy of the named scheme: fresh, or with what the scenario says it has learned."""
    return take(fresh(scheme, scenario, streams), scheme, scenario)


def fresh(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """A policy of the named scheme that knows nothing yet."""
    return policy_class(scheme, scenario.folder)(scenario, streams)
