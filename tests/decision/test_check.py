from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from qvecsim.cli import main
from qvecsim.decision.schemes import MACRO, SCHEMES, policy_class
from qvecsim.kernel.simulation import Simulation
from qvecsim.validation import observations, problems_of, toy_trace
from qvecsim.world.world import build

from .sight import SCENARIO

HEAD = """\
import dataclasses

import numpy as np
import qvecsim
from qvecsim import Action, Policy


class Mine(Policy):
"""

# What the author wrote, and words of what is said about it.
WRONG = {
    "wrong shape": ("return o.action(offload=np.zeros(len(o) + 1, dtype=bool))", "'offload' must have shape (12,)"),
    "two dimensions": ("return o.action(rsu=np.zeros((len(o), 3), dtype=int))", "'rsu' must have shape (12,)"),
    "a list": ("return o.action(offload=[False] * len(o))", "'offload' must be a NumPy array (got list)"),
    "wrong type": ("return o.action(offload=np.zeros(len(o)))", "'offload' must be of type bool"),
    "fractional unit": ("return o.action(rsu=np.zeros(len(o)))", "'rsu' must be of type integer"),
    "a float as producer": ("return dataclasses.replace(o.action(), producer=1.0)", "'producer' must be an integer"),
    "a flag as producer": ("return dataclasses.replace(o.action(), producer=True)", "'producer' must be an integer"),
    "producer too high": ("return dataclasses.replace(o.action(), producer=3)", "'producer' must lie in [-1, 2]"),
    "producer too low": ("return dataclasses.replace(o.action(), producer=-2)", "'producer' must lie in [-1, 2]"),
    "negative block": ("return dataclasses.replace(o.action(), block_bit=-1)", "'block_bit' must lie in [0, "),
    "too much band": (
        "return dataclasses.replace(o.action(), bandwidth=np.full(3, 1.01))",
        "'bandwidth' must lie in [1e-06, 0.999999], because it is the vehicles' share of the band (C7, C8) (got 1.01)",
    ),
    "no number": ("return dataclasses.replace(o.action(), bandwidth=np.full(3, np.nan))", "(got nan)"),
    "efficiency beyond one": (
        "return dataclasses.replace(o.action(), efficiency=np.full(2, 1.5))",
        "'efficiency' must lie in [0.0, 1.0], because it is a probability",
    ),
    "unit out of range": (
        "return o.action(np.ones(len(o), dtype=bool), np.full(len(o), 3))",
        "'rsu' must lie in [0, 2], because it numbers a roadside unit (C9, C10) (got 3)",
    ),
    "unit below zero": (
        "return o.action(np.ones(len(o), dtype=bool), np.full(len(o), -1))",
        "'rsu' must lie in [0, 2]",
    ),
    "no action": ("return {'offload': []}", "must return a qvecsim.Action (got dict); observation.action(...) makes"),
    "nothing": ("pass", "must return a qvecsim.Action (got NoneType)"),
    "an exception": ("return 1 / 0", "The policy raised ZeroDivisionError: division by zero ({file}:10)."),
    "an exception without words": ("assert len(o) < 0", "The policy raised AssertionError ({file}:10)."),
    "its own random numbers": (
        "return o.action(np.random.default_rng().random(len(o)) < 0.5)",
        "not deterministic: 'offload' differs when the same observation is decided twice. Draw random numbers from",
    ),
    "numpy's global random numbers": ("return o.action(np.random.rand(len(o)) < 0.5)", "not deterministic"),
    "writing": ("o.x_m[:] = 0; return o.action()", "writes into its observation, whose arrays are read-only"),
    "adding in place": ("o.backlog_s += 1; return o.action()", "writes into its observation"),
    "sorting in place": ("o.gain.sort(); return o.action()", "writes into its observation"),
    "assigning": ("o.slot = 3; return o.action()", "The policy raised FrozenInstanceError"),
    "unlocking": (
        "o.cycles.flags.writeable = True; o.cycles[:] = 7; return o.action()",
        "The policy changed 'cycles' of its observation",
    ),
    "too long for an empty road": (
        "return o.action(np.zeros(max(len(o), 1), dtype=bool))",
        "'offload' must have shape (0,), one entry for each of the vehicles (got (1,)). (Seen with 0 vehicles, 0 of",
    ),
    "the maximum of nothing": ("o.x_m.max(); return o.action()", "The policy raised ValueError: zero-size array"),
}

BODIES = {
    "constructor": ("    def __init__(self):\n        pass\n", "Mine(scenario, streams) raised TypeError"),
    "failing constructor": (
        "    def __init__(self, scenario, streams):\n        raise OSError('no weights')\n",
        "The policy cannot be made: Mine(scenario, streams) raised OSError: no weights ({file}:10).",
    ),
    "no decide": ("    pass\n", "Mine must define decide(observation) or act(observations)."),
    "act without a list": (
        "    def act(self, os):\n        return os[0].action()\n",
        "act must return a list with one Action for each observation (got Action).",
    ),
    "act too short": ("    def act(self, os):\n        return []\n", "(got a list of 0 for 1)."),
    "act too long": (
        "    def act(self, os):\n        return [o.action() for o in os] * 2\n",
        "(got a list of 2 for 1).",
    ),
    "second of its kind fails": (
        "    made = 0\n    def decide(self, o):\n        Mine.made += 1\n"
        "        if Mine.made == 4:\n            raise RuntimeError('worn out')\n        return o.action()\n",
        "The policy raised RuntimeError: worn out ({file}:13).",
    ),
    "second of its kind returns nothing": (
        "    made = 0\n    def decide(self, o):\n        Mine.made += 1\n"
        "        return o.action() if Mine.made != 4 else None\n",
        "not deterministic",
    ),
    "second of its kind returns too little": (
        "    made = 0\n    def act(self, os):\n        Mine.made += 1\n"
        "        return [o.action() for o in os] if Mine.made != 4 else []\n",
        "not deterministic",
    ),
}

MODULES = {
    "syntax error": ("class Mine(:\n", "importing '{module}' failed: SyntaxError: invalid syntax"),
    "failing import": ("raise RuntimeError('on import')\n", "importing '{module}' failed: RuntimeError: on import"),
    "a script that ends itself": ("import sys\nsys.exit(3)\n", "importing '{module}' failed: SystemExit: 3"),
    "missing dependency": (
        "import no_such_thing.deep\n",
        "'scheme': importing '{module}' failed: ModuleNotFoundError: No module named 'no_such_thing' ({file}:1). "
        "Install 'no_such_thing' for ",
    ),
    "no such name": (
        "import sys\nfrom qvecsim import Policy\n\n\nclass Other:\n    pass\n",
        "'scheme' must name something in '{module}' (got 'Mine'). Known: Other, Policy.",
    ),
    "nearly the name": ("class Mime:\n    pass\n", "(got 'Mine'). Did you mean 'Mime'?"),
    "no subclass": ("class Mine:\n    pass\n", "'scheme' must name a subclass of qvecsim.Policy"),
    "a function": ("def Mine(o):\n    return None\n", "'scheme' must name a subclass of qvecsim.Policy"),
    "an object": (HEAD + "    pass\n\n\nMine = Mine(None, None)\n", "'scheme' must name a subclass of qvecsim.Policy"),
}

LEARNERS = {
    "an exception": ("{}['steps']", "The policy's learn raised KeyError: 'steps' ({file}:14)."),
    "an end": ("raise SystemExit(3)", "The policy's learn raised SystemExit: 3 ({file}:14)."),
    "a wrong name": ("steps[0].next_obs", "AttributeError: 'Step' object has no attribute 'next_obs'"),
    "writing": ("steps[0].next_observation.x_m[:] = 0", "The policy's learn raised ValueError: assignment destination"),
    "unlocking": (
        "x = steps[0].next_observation.x_m; x.flags.writeable = True; x[:] = 0",
        "After learn: The policy changed 'x_m' of its observation",
    ),
    "its own random numbers": (
        "self.band = np.random.default_rng().random()",
        "After learn: The policy is not deterministic: 'bandwidth' differs",
    ),
    "losing its way": ("self.band = 3.0", "After learn: 'bandwidth' must lie in [1e-06, 0.999999]"),
}

GOOD = {
    "local": "return o.action()",
    "nearest": "return o.action(o.reachable.any(axis=1), o.distance_m.argmin(axis=1))",
    "random as told": "return o.action(self.random(o).random(len(o)) < 0.5)",
    "short integers": "return o.action(rsu=np.zeros(len(o), dtype=np.int32))",
    "single precision": "return dataclasses.replace(o.action(), bandwidth=np.full(3, 0.5, dtype=np.float32))",
    "a number of numpy's": "return dataclasses.replace(o.action(), producer=np.int64(1), block_bit=np.int32(8))",
    "units that are not read": "return o.action(rsu=np.full(len(o), 99))",
    "offloads of vehicles that decide nothing": "return o.action(~o.deciding, np.full(len(o), -1))",
    "blocks that hold nothing": "return dataclasses.replace(o.action(), block_bit=1)",
    "an efficiency between the levels": "return dataclasses.replace(o.action(), efficiency=np.full(2, 0.123))",
    "a memory": "self.n = getattr(self, 'n', 0) + 1; return dataclasses.replace(o.action(), block_bit=self.n)",
    "a copy": "x = o.x_m.copy(); x[:] = 0; return o.action()",
}


@pytest.fixture
def written(tmp_path, monkeypatch, request):
    """Write a module into the current folder; a name for it that no other test has."""
    monkeypatch.chdir(tmp_path)
    name = "mine_" + re.sub(r"\W", "_", request.node.name)

    def write(text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    sys.modules.pop(name, None)


def deciding(body: str) -> str:
    return f"{HEAD}    def decide(self, o):\n        {body}\n"


def learning(decides: str, learns: str) -> str:
    return f"{deciding(decides)}\n    band = 0.5\n    def learn(self, steps):\n        {learns}\n"


def refusal(capsys, module: str) -> list[str]:
    """The lines that a refused policy gets."""
    assert main(["validate", f"{module}:Mine"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    lines = err.splitlines()
    assert lines
    assert all(line.endswith((".", ")", "?")) for line in lines), lines
    return lines


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_decision_is_told(written, capsys, name):
    body, words = WRONG[name]
    module = written(deciding(body))
    lines = refusal(capsys, module)
    assert all(line.startswith(f"{module}:Mine: ") for line in lines)
    assert words.replace("{file}", sys.modules[module].__file__) in lines[0]
    assert re.search(r"\(Seen with \d+ vehicles, \d+ of them deciding\.\)$", lines[0])


@pytest.mark.parametrize("name", BODIES)
def test_what_is_wrong_with_a_class_is_told(written, capsys, name):
    body, words = BODIES[name]
    module = written(HEAD + body)
    line = refusal(capsys, module)[0]
    assert words.replace("{file}", sys.modules[module].__file__) in line


@pytest.mark.parametrize("name", MODULES)
def test_what_is_wrong_with_a_module_is_told(written, capsys, name):
    text, words = MODULES[name]
    module = written(text)
    (line,) = refusal(capsys, module)
    assert words.format(module=module, file=Path.cwd() / f"{module}.py") in line


@pytest.mark.parametrize(
    ("reference", "fix"),
    [
        ("bad.py:X", "Give it as bad:X."),
        ("./bad:X", "Put bad.py beside the scenario or in the current folder, and write bad:X."),
        ("deep/bad.py:X", "Put bad.py beside the scenario or in the current folder, and write bad:X."),
    ],
)
def test_a_file_in_the_place_of_a_module_is_told_with_what_to_write(capsys, reference, fix):
    assert main(["validate", reference]) == 2
    assert capsys.readouterr().err == f"'scheme' must name a module, not a file (got '{reference}'). {fix}\n"


def test_a_module_that_is_missing_is_told_with_where_it_was_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (line,) = refusal(capsys, "no_such_policy_module")
    assert str(tmp_path) in line


@pytest.mark.parametrize("reference", [":Mine", "module:"])
def test_half_a_reference_is_told(capsys, reference):
    assert main(["validate", reference]) == 2
    assert capsys.readouterr().err == f"'scheme' must be module:name (got '{reference}').\n"


def test_all_that_is_wrong_is_told_at_once(written, capsys):
    body = "return dataclasses.replace(o.action(), producer=7, block_bit=-1, bandwidth=np.full(3, 2.0))"
    lines = refusal(capsys, written(deciding(body)))
    assert [line.split("'")[1] for line in lines] == ["bandwidth", "producer", "block_bit"]


@pytest.mark.parametrize("name", LEARNERS)
def test_what_is_wrong_with_learning_is_told(written, capsys, name):
    body, words = LEARNERS[name]
    module = written(learning("return dataclasses.replace(o.action(), bandwidth=np.full(3, self.band))", body))
    (line,) = refusal(capsys, module)
    assert words.replace("{file}", sys.modules[module].__file__) in line


def test_a_learner_that_goes_by_what_it_was_told_is_valid(written, capsys):
    body = "self.band = 0.25 if steps[0].reward < 1 and len(steps[0].next_row) == 12 else 2.0"
    module = written(learning("return dataclasses.replace(o.action(), bandwidth=np.full(3, self.band))", body))
    assert main(["validate", f"{module}:Mine"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_policy_is_valid(written, capsys, name):
    module = written(deciding(GOOD[name]))
    assert main(["validate", f"{module}:Mine"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{module}:Mine: valid (tried on a small world, with many vehicles and with none).\n"
    assert err == ""


def test_a_policy_may_import_its_neighbour(written, tmp_path, capsys):
    (tmp_path / "check_neighbour.py").write_text("def nothing(o):\n    return o.action()\n")
    module = written("from check_neighbour import nothing\n" + deciding("return nothing(o)"))
    assert main(["validate", f"{module}:Mine"]) == 0
    sys.modules.pop("check_neighbour", None)


@pytest.mark.parametrize("scheme", MACRO)
def test_every_scheme_with_a_macro_mode_is_sound_in_it(scheme):
    assert problems_of(policy_class(scheme, mode="macro")) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_our_schemes_are_sound(scheme):
    assert problems_of(policy_class(scheme)) == []


def test_a_policy_is_tried_with_many_vehicles_with_none_and_with_and_without_tasks():
    tried = observations(Simulation(SCENARIO, world=build(SCENARIO, trace=toy_trace())))
    assert min(len(seen) for seen in tried) == 0
    assert max(len(seen) for seen in tried) == 12
    assert any(seen.deciding.any() for seen in tried)
    assert any(len(seen) and not seen.deciding.any() for seen in tried)
