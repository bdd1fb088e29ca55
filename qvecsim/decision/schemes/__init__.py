"""One scheme a file; this is the register. A name outside it is read as ``module:Class``.

A scheme that sets parameters of its scenario (``Policy.overrides``) can be put in front of any other: with
``ranqkd+greedy`` scheme ``greedy`` decides in the scenario that ``ranqkd`` makes.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from qvecsim.decision.learned import for_scheme, take
from qvecsim.decision.policy import Policy
from qvecsim.errors import PolicyError, did_you_mean
from qvecsim.plugin import load, no_module
from qvecsim.scenario import with_values
from qvecsim.scenario.parameters import SCHEME, Scenario
from qvecsim.streams import Streams

OWN = "qvecsim.decision.schemes"
ALL = "'qvecsim show schemes' lists them."
SCHEMES = {
    "clairvoyant": f"{OWN}.rollout:Clairvoyant",
    "greedy": f"{OWN}.greedy:Greedy",
    "linear": f"{OWN}.linear:Linear",
    "mlp": f"{OWN}.mlp:Mlp",
    "mlp-small": f"{OWN}.mlp_small:MlpSmall",
    "mlp-tied": f"{OWN}.mlp_tied:MlpTied",
    "nearest": f"{OWN}.nearest:Nearest",
    "price": f"{OWN}.price:Price",
    "qedrl": f"{OWN}.qedrl:Qedrl",
    "qirl": f"{OWN}.qirl:Qirl",
    "rafbz": f"{OWN}.rafbz:Rafbz",
    "ralc": f"{OWN}.ralc:Ralc",
    "ranqkd": f"{OWN}.ranqkd:Ranqkd",
    "rarl": f"{OWN}.rarl:Rarl",
    "rarl-joint": f"{OWN}.rarl_joint:RarlJoint",
    "rars": f"{OWN}.rars:Rars",
    "rested": f"{OWN}.rested:Rested",
    "rollout": f"{OWN}.rollout:Rollout",
    "tn-only": f"{OWN}.tn_only:TnOnly",
    "tnqdrl": f"{OWN}.tnqdrl:Tnqdrl",
    "tnqdrl-eps": f"{OWN}.tnqdrl_eps:TnqdrlEps",
    "vqc-random": f"{OWN}.vqc_random:VqcRandom",
}
# Where macro mode has a class of its own; the other schemes are the same in both modes.
MACRO = {
    "linear": f"{OWN}.linear:LinearMacro",
    "mlp": f"{OWN}.mlp:MlpMacro",
    "mlp-small": f"{OWN}.mlp_small:MlpSmallMacro",
    "mlp-tied": f"{OWN}.mlp_tied:MlpTiedMacro",
    "qedrl": f"{OWN}.qedrl:QedrlMacro",
    "rafbz": f"{OWN}.rafbz:RafbzMacro",
    "ranqkd": f"{OWN}.ranqkd:RanqkdMacro",
    "tn-only": f"{OWN}.tn_only:TnOnlyMacro",
    "tnqdrl": f"{OWN}.tnqdrl:TnqdrlMacro",
    "tnqdrl-eps": f"{OWN}.tnqdrl_eps:TnqdrlEpsMacro",
    "vqc-random": f"{OWN}.vqc_random:VqcRandomMacro",
}


def policy_class(scheme: str, *folders: Path, mode: str = "branch") -> type[Policy]:
    """The class that decides where a scheme is named."""
    *settings, name = (_class(part, folders, mode) for part in scheme.split("+"))
    for part, own in zip(scheme.split("+"), settings, strict=False):
        if not own.overrides:
            hint = did_you_mean(part, [known for known in SCHEMES if _class(known, (), mode).overrides])
            raise PolicyError(f"'scheme' must have one that sets parameters before '+' (got '{part}'). {hint}")
    return name


def class_of(scenario: Scenario, scheme: str) -> type[Policy]:
    """``policy_class`` of a scenario's scheme; an error says where it was named."""
    try:
        return policy_class(scheme, scenario.folder)
    except PolicyError as error:
        label = scenario.label(SCHEME) if scheme == scenario.scheme else ""
        raise PolicyError(f"{label}{error}") from error


def settled(scenario: Scenario, scheme: str, *, asked: bool = False) -> Scenario:
    """The scenario as a scheme uses it: with what it sets, and without a policy that was learned for another one.

    ``asked`` is that of ``learned.for_scheme``.
    """
    return for_scheme(with_overrides(scenario, scheme), scheme, asked=asked)


def with_overrides(scenario: Scenario, scheme: str) -> Scenario:
    """The scenario with the parameters that a scheme sets, those of its later parts last."""
    class_of(scenario, scheme)
    for part in scheme.split("+"):
        scenario = with_values(scenario, policy_class(part, scenario.folder).overrides)
    return scenario


def policy(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """A policy of the named scheme: fresh, or with what the scenario says it has learned."""
    return take(fresh(scheme, scenario, streams), scheme, scenario)


def fresh(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """A policy of the named scheme that knows nothing yet."""
    return policy_class(scheme, scenario.folder, mode=scenario.decision.mode)(scenario, streams)


def plug_in(scheme: str) -> str:
    """The ``module:Class`` that decides, or nothing where the class is ours."""
    last = scheme.rpartition("+")[2]
    return last if ":" in last else ""


def _class(name: str, folders: tuple[Path, ...], mode: str) -> type[Policy]:
    if ":" in name:
        found: object = load(name, "scheme", *folders, error_class=PolicyError)
        if not (inspect.isclass(found) and issubclass(found, Policy)):
            raise PolicyError(f"'scheme' must name a subclass of qvecsim.Policy (got '{name}', {found!r}).")
        return found
    if name not in SCHEMES:
        fix = f"{module}:CLASS." if (module := no_module(name)) else f"{did_you_mean(name, SCHEMES)} {ALL}"
        raise PolicyError(f"'scheme' must be known or module:Class (got '{name}'). {fix}")
    place = MACRO.get(name, SCHEMES[name]) if mode == "macro" else SCHEMES[name]
    module, _, last = place.partition(":")
    own: type[Policy] = getattr(importlib.import_module(module), last)
    return own
