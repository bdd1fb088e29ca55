"""From a file and overrides to a frozen ``Scenario``, and from it to stable bytes, a digest and a run's identity."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qvecsim.errors import ScenarioError
from qvecsim.scenario import alternatives, wording, yaml
from qvecsim.scenario.draft import Draft, Place
from qvecsim.scenario.parameters import POLICY, Scenario, World
from qvecsim.scenario.yaml import Document
from qvecsim.version import __version__


def load(
    path: str | Path,
    *overrides: str,
    seed: int | None = None,
    scheme: str | None = None,
    policy: str | Path | None = None,
) -> Scenario:
    """The scenario in a file, with overrides such as ``radio.bandwidth_hz=20e6`` applied in order.

    Raises ``ScenarioError`` with every broken rule, in the order of the file's lines (those of the files that it
    extends before them), the overrides' after them.
    """
    draft = Draft.of(Path(path))
    if isinstance(draft.data, dict) and "scenarios" in draft.data and "world" not in draft.data:
        raise ScenarioError(f"'{path}' must be a scenario file (got a plan). Run it with: qvecsim batch {path}")
    for text in overrides:
        draft.override(text)
    if seed is not None:
        draft.replace("--seed", ("seed",), Document(seed))
    if scheme is not None:
        draft.replace("--scheme", ("scheme",), Document(scheme))
    if policy is not None:
        draft.replace("--policy", tuple(POLICY.split(".")), Document(str(policy)))
    return draft.validated()


def defaults(*overrides: str, protocol: str | None = None) -> Scenario:
    """All defaults with overrides, and a QKD protocol by name; a scenario without a file, whose world is not looked at.

    Raises ``ScenarioError`` as ``load`` does.
    """
    draft = Draft(Path(), {"world": {"trace": "-"}}, {(): Place(0, 0, "--set")})
    for text in overrides:
        draft.override(text)
    if protocol is not None:
        draft.replace("--protocol", ("qkd", "field", "protocol"), Document(protocol))
    return draft.validated()


def with_values(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """The same with some parameters set, by their keys; raises ``ScenarioError`` where that breaks a rule."""
    if not values:
        return scenario
    tree = scenario.model_dump(by_alias=True)
    for key, value in values.items():
        *groups, last = key.split(".")
        functools.reduce(lambda node, part: node.setdefault(part, {}), groups, tree)[last] = value
    try:
        own = Scenario.model_validate(tree)
    except ValidationError as failure:
        raise ScenarioError([wording.told(error) for error in failure.errors(include_url=False)]) from None
    own._folder, own._origins = scenario._folder, dict(scenario._origins)
    return own


def dump(scenario: Scenario) -> str:
    """The whole resolved scenario as YAML, but defaults that it does not use; ``load`` reads an equal one from it."""
    tree, default = _tree(scenario), _tree(Scenario(world=World(trace="-")))
    for key in list(alternatives.unused(tree)):
        if alternatives.at(tree, key) == alternatives.at(default, key):
            alternatives.drop(tree, key)
    return yaml.write(tree)


def digest(scenario: Scenario) -> str:
    """SHA-256 of the resolved scenario."""
    return _sha256(_tree(scenario))


def run_id(
    scenario: Scenario,
    scheme: str,
    replication: int,
    trace_sha256: str,
    contents: Mapping[str, str] | None = None,
    code_sha256: Mapping[str, str] | None = None,
) -> str:
    """Twelve hex digits of a SHA-256 over everything that decides a run's result.

    Of the files the content counts, not the place: ``contents`` has the SHA-256 of each file but the trace, by its
    key; a file whose content is not given counts by its name. ``code_sha256`` has the content of each plug-in's
    module by its reference.
    """
    tree = _tree(scenario) | {"scheme": scheme}
    tree["world"] |= {"trace": trace_sha256, "sumocfg": None}
    for key, sha256 in (contents or {}).items():
        group, _, last = key.rpartition(".")
        node: Any = functools.reduce(lambda inner, part: inner[part], group.split("."), tree)
        node[int(last) if isinstance(node, list) else last] = sha256
    return _sha256([__version__, tree, replication, dict(sorted((code_sha256 or {}).items()))])[:12]


def _tree(scenario: Scenario) -> dict[str, Any]:
    tree = scenario.model_dump(by_alias=True)
    tree["world"]["additional"] = list(tree["world"]["additional"])
    return tree


def _sha256(data: object) -> str:
    # Keys are not sorted: groups have the order of the model, and that of the task classes decides what is drawn.
    return hashlib.sha256(json.dumps(data, separators=(",", ":"), allow_nan=False).encode()).hexdigest()
