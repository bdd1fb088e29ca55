"""What a scheme has learned, in a folder: the parameters that decide, and the facts of how they were learned.

``policy.npz``   what decides, as plain arrays (``Learner.save``)
``policy.json``  for which scheme and mode, from what, by which command, and the SHA-256 of ``policy.npz``

A scenario names the folder (``decision.policy``). A scheme takes what was learned for it; other schemes take nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from qvecsim.decision.policy import Learner, Policy
from qvecsim.errors import PolicyError, ResultError
from qvecsim.scenario.parameters import POLICY, Scenario

FACTS = "policy.json"
FORMAT = "qvecsim policy"
SCHEMA_VERSION = 1
ONLINE = "Add --set decision.policy=null to learn online."


def for_scheme(scenario: Scenario, scheme: str, *, asked: bool = False) -> Scenario:
    """The scenario as a scheme uses it: without a policy that was learned for another one.

    ``asked``: somebody wants this policy for this scheme, so that another one is an error, not left out.
    """
    if scenario.decision.policy is None:
        return scenario
    facts = facts_of(scenario)
    if facts["scheme"] != scheme:
        if asked:
            raise PolicyError(
                f"'{POLICY}' must have been learned for scheme '{scheme}' "
                f"(got one for '{facts['scheme']}'). Add --scheme {facts['scheme']}."
            )
        return scenario.with_policy(None)
    if facts["mode"] != scenario.decision.mode:
        here, there = scenario.decision.mode, facts["mode"]
        raise PolicyError(f"'{POLICY}' must have been learned in mode '{here}' (got mode '{there}'). {ONLINE}")
    return scenario


def facts_of(scenario: Scenario) -> dict[str, Any]:
    """What ``policy.json`` says; PolicyError where the folder is none that ``qvecsim train`` has finished."""
    path = scenario.file(POLICY).with_name(FACTS)
    try:
        facts = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise PolicyError(f"'{POLICY}' must name a folder that is finished (got no '{path}').") from None
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(f"'{POLICY}' must name a folder that qvecsim train wrote (got '{path}': {error}).") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT or facts.get("schema") != SCHEMA_VERSION:
        raise PolicyError(f"'{POLICY}' must name a folder of this version's qvecsim train (got another '{path}').")
    if not all(isinstance(facts.get(name), str) for name in ("scheme", "mode", "sha256")):
        raise PolicyError(f"'{POLICY}' must name a folder whose '{FACTS}' is whole (got '{path}').")
    return facts


def take(policy: Policy, scheme: str, scenario: Scenario) -> Policy:
    """The policy, which from now on decides by what was learned, if the scenario has that for its scheme."""
    if for_scheme(scenario, scheme).decision.policy is None:
        return policy
    path = scenario.file(POLICY)
    if not isinstance(policy, Learner):
        raise PolicyError(f"'{POLICY}' must be for a scheme that learns (got '{scheme}', no qvecsim.Learner).")
    if sha256_of(path) != facts_of(scenario)["sha256"]:
        raise ResultError(f"'{path}' must have the SHA-256 that '{FACTS}' names (got another). It is damaged.")
    policy.load(path)
    return policy


def learned(policy: Policy) -> str:
    """Where what a policy knows is from: ``none``, ``online`` (this run) or ``trained`` (before it)."""
    if not isinstance(policy, Learner):
        return "none"
    return "trained" if policy.frozen else "online"


def sha256_of(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
