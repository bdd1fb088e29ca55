from __future__ import annotations

import ast
import re
from pathlib import Path

import qvecsim
from qvecsim import show
from qvecsim.cli import main
from qvecsim.decision.schemes import SCHEMES
from qvecsim.scenario.table import markdown

ROOT = Path(qvecsim.__file__).parent


def test_every_equation_has_an_owner():
    owned = {owner.number for owner in show.owners() if not owner.differs}
    assert owned >= {*range(1, 34), *range(36, 41), *range(43, 51)}


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
