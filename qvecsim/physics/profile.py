"""Which model answers at each seam: the profiles by name, mixed as a scenario asks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.physics import admission, answers, pairs, wiring
from qvecsim.physics.amended import chain as amended_chain
from qvecsim.physics.amended import problem as amended_problem
from qvecsim.physics.amended import qkd as amended_qkd
from qvecsim.physics.amended import vec as amended_vec
from qvecsim.physics.field import chain as field_chain
from qvecsim.physics.field import problem as field_problem
from qvecsim.physics.field import qkd as field_qkd
from qvecsim.physics.field import vec as field_vec
from qvecsim.physics.paper import chain as paper_chain
from qvecsim.physics.paper import problem as paper_problem
from qvecsim.physics.paper import qkd as paper_qkd
from qvecsim.physics.paper import vec as paper_vec
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario

SEAMS = ("qkd", "vec", "chain", "problem")


class Profile(NamedTuple):
    """One model for each seam, and where each came from."""

    qkd: wiring.QkdSeam
    vec: wiring.VecSeam
    chain: wiring.ChainSeam
    problem: wiring.ProblemSeam


def _with_constraints(equations: Any, constraints: Any) -> Any:
    """The equations of one seam together with the constraints of (23), as one namespace."""
    return SimpleNamespace(**vars(constraints) | vars(equations))


PROFILES: dict[str, Profile] = {
    "paper": Profile(
        wiring.qkd(_with_constraints(paper_qkd, paper_problem), pairs.straight_lines),
        wiring.vec(_with_constraints(paper_vec, paper_problem), admission.at_once),
        wiring.chain(_with_constraints(paper_chain, paper_problem)),
        wiring.problem(_with_constraints(paper_vec, paper_problem)),
    ),
    "amended": Profile(
        wiring.qkd(_with_constraints(amended_qkd, amended_problem), pairs.fibres),
        wiring.vec(_with_constraints(amended_vec, amended_problem), admission.weakest_first),
        wiring.chain(_with_constraints(amended_chain, amended_problem)),
        wiring.problem(_with_constraints(amended_vec, amended_problem)),
    ),
    "field": Profile(field_qkd.seam, field_vec.SEAM, field_chain.chain, field_problem.terms),
}


def profile(scenario: Scenario) -> Profile:
    """The scenario's four models."""
    chosen = {seam: getattr(scenario.physics, seam) or scenario.profile for seam in SEAMS}
    if chosen["qkd"] == "field":
        field_qkd.refuse_tables(scenario.sources)
    return Profile(**{seam: _model(seam, name, scenario) for seam, name in chosen.items()})


def _model(seam: str, name: str, scenario: Scenario) -> Any:
    if ":" in name:
        return answers.SEAMS[seam](name, load(name, f"physics.{seam}", scenario.folder))
    if name not in PROFILES:
        raise ScenarioError(
            f"'physics.{seam}' must be a profile or module:name (got '{name}'). {did_you_mean(name, PROFILES)}"
        )
    return getattr(PROFILES[name], seam)
