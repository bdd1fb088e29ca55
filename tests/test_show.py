from __future__ import annotations

import ast
import re
from pathlib import Path

import qvecsim
from qvecsim import show
from qvecsim.cli import main
from qvecsim.decision.schemes import SCHEMES, policy_class
from qvecsim.scenario.parameters import Scenario, World
from qvecsim.scenario.table import markdown
from qvecsim.streams import Streams

ROOT = Path(qvecsim.__file__).parent


def test_every_equation_has_an_owner():
    owned = {owner.number for owner in show.owners() if not owner.differs}
    assert owned >= set(range(1, 51))


def test_every_constraint_of_the_problem_is_an_owner():
    sentences = " ".join(owner.sentence for owner in show.owners() if owner.number == 23 and not owner.differs)
    for constraint in (*(f"C{number}" for number in range(2, 15)), "C1,", "first C15", "second C15"):
        assert constraint in sentences


def test_every_owner_is_a_function_that_exists_and_says_something():
    for owner in show.owners():
        file, _, name = owner.place.partition(":")
        defined = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if hasattr(node, "name")}
        assert name in defined
        assert owner.sentence, owner


def test_what_departs_from_an_equation_is_amended_and_what_owns_it_is_not():
    for owner in show.owners():
        assert owner.differs == owner.place.startswith("physics/amended/"), owner


def test_what_departs_from_an_equation_has_the_name_of_its_owner():
    names = {(owner.number, owner.place.rpartition(":")[2]) for owner in show.owners() if not owner.differs}
    for owner in show.owners():
        assert (owner.number, owner.place.rpartition(":")[2]) in names


def test_the_index_of_equations_is_in_order_and_marks_departures(capsys):
    assert main(["show", "equations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    numbers = [int(re.match(r"\((..)\) ", line)[1]) for line in lines]
    assert numbers == sorted(numbers)
    assert len(lines) == len(list(show.owners()))
    for line in lines:
        assert ("differs: " in line) == ("physics/amended/" in line)


def test_parameters_are_shown_as_in_the_documentation(capsys):
    assert main(["show", "parameters"]) == 0
    out = capsys.readouterr().out
    assert out.rstrip("\n") == markdown().rstrip("\n")
    assert all(f"| `{key}` | " in out for key in ("slot_s", "bandwidth_hz", "missing"))


def test_schemes_are_shown_with_a_sentence_each(capsys):
    assert main(["show", "schemes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCHEMES)
    assert all(len(line.split()) > 4 for line in lines)


def test_the_circuit_of_a_policy_is_shown_as_text_for_other_machines(tmp_path, capsys):
    policy = policy_class("tnqdrl")(Scenario(world=World(trace="-")), Streams(1))
    policy.save(tmp_path / "policy.npz")
    assert main(["show", "circuit", str(tmp_path)]) == 0
    assert capsys.readouterr().out == qvecsim.circuit(policy).qasm3()
    assert main(["show", "circuit"]) == 2
    assert main(["show", "schemes", str(tmp_path)]) == 2
    assert "'POLICY' must be given with 'circuit'" in capsys.readouterr().err


def test_resources_are_shown_as_on_the_page(capsys):
    assert main(["show", "resources"]) == 0
    page = (Path(__file__).parents[1] / "docs" / "quantum.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out in page
