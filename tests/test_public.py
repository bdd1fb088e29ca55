from __future__ import annotations

import re

import pandas as pd
import pytest
from cli.town import found

import qvecsim
from qvecsim import errors
from qvecsim.results.schema import TABLES


def documented() -> list[str]:
    """The names in the docstring's table of contents."""
    return re.findall(r"^    (\w+) {2,}\S", qvecsim.__doc__, re.MULTILINE)


def test_the_table_of_contents_lists_every_public_name_once():
    assert sorted(documented()) == sorted(qvecsim.__all__)


def test_every_public_name_is_there_and_has_a_docstring():
    for name in qvecsim.__all__:
        assert getattr(qvecsim, name).__doc__, name


def test_dir_lists_the_public_names():
    assert dir(qvecsim) == sorted([*qvecsim.__all__, "__version__"])


def test_a_name_that_is_not_there_is_told_as_python_tells_it():
    with pytest.raises(AttributeError, match=r"^module 'qvecsim' has no attribute 'runn'$"):
        _ = qvecsim.runn


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?(\.?(dev|a|b|rc)\d+)?", qvecsim.__version__)


def test_every_error_is_ours_and_a_builtin():
    for name in qvecsim.__all__:
        if name.endswith("Error") and name != "QvecsimError":
            assert issubclass(getattr(qvecsim, name), qvecsim.QvecsimError)
            assert issubclass(getattr(qvecsim, name), ValueError | OSError | RuntimeError)


def test_exit_codes_tell_the_user_s_errors_from_failures_and_damage():
    codes = {name: getattr(qvecsim, name).exit_code for name in qvecsim.__all__ if name.endswith("Error")}
    assert codes == {
        "QvecsimError": 2,
        "ScenarioError": 2,
        "TraceError": 2,
        "PolicyError": 2,
        "PhysicsError": 1,
        "PluginError": 2,
        "BatchError": 3,
        "OutputError": 2,
        "ResultError": 4,
    }


@pytest.mark.parametrize(
    ("word", "known", "words"),
    [
        ("neerest", ["nearest", "ralc"], "Did you mean 'nearest'?"),
        ("x", ["nearest", "ralc"], "Known: nearest, ralc."),
        ("x", [], ""),
    ],
)
def test_the_nearest_known_word_is_offered(word, known, words):
    assert errors.did_you_mean(word, known) == words


def test_load_run_and_read_are_the_python_face(tmp_path):
    scenario = qvecsim.load(found(tmp_path / "town"), "radio.bandwidth_hz=20e6", seed=5)
    assert isinstance(scenario, qvecsim.Scenario)
    assert (scenario.radio.bandwidth_hz, scenario.seed) == (20e6, 5)
    result = qvecsim.run(scenario, out=tmp_path / "out")
    assert isinstance(result, qvecsim.Result)
    tables = qvecsim.read(result.path)
    for name, table in TABLES.items():
        frame = getattr(tables, name)
        assert isinstance(frame, pd.DataFrame)
        assert tuple(frame.columns) == table.names
        assert frame.attrs["units"] == table.units
    assert tables.tasks.attrs["units"]["latency_s"] == "s"
    assert tables.scenario.startswith("name: town")


def test_units_are_in_the_names_of_columns():
    ending = {"s": "_s", "bit": "_bit", "J": "_j", "bit/s": "_bps", "dB": "_db"}
    for table in TABLES.values():
        for column, unit in table.units.items():
            if unit in ending:
                assert column.endswith(ending[unit]), f"{table.name}.{column}"


def test_reading_what_is_no_run_is_a_result_error(tmp_path):
    with pytest.raises(qvecsim.ResultError, match="no such folder"):
        qvecsim.read(tmp_path / "nothing")
    with pytest.raises(qvecsim.ResultError, match=r"has neither run\.json"):
        qvecsim.read(tmp_path)


def test_a_simulation_is_a_run_as_an_object(tmp_path):
    simulation = qvecsim.Simulation(qvecsim.load(found(tmp_path), "slots=4"))
    seen = simulation.observe()
    assert isinstance(seen, qvecsim.Observation)
    while not simulation.finished:
        simulation.step(simulation.observe().action())
    assert simulation.state.slot == 4
    with pytest.raises(qvecsim.PolicyError, match="after the last slot"):
        simulation.step(seen.action())


def test_streams_give_equal_numbers_to_equal_questions():
    draws = [qvecsim.Streams(7).at("mine", slot).random() for slot in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
