"""Code of the user's own that is wrong: one line that names the key, the slot, and what it was; nothing left behind."""

from __future__ import annotations

import sys

import pytest
from cli.town import everything, exit_code, found

import qvecsim
from qvecsim import plugin
from qvecsim.errors import PluginError, PluginRaisedError

MODELS = """\
import dataclasses
import sys

import numpy as np
import qvecsim
from qvecsim.physics.profile import PROFILES

ours = PROFILES["amended"]
ours_vec = ours.vec


def nothing(*arguments):
    return None


def fails(*arguments):
    return {}["gain"]


def leaves(*arguments):
    sys.exit(3)


def changed(model, **fields):
    def mine(*arguments):
        answer = model(*arguments)
        return dataclasses.replace(answer, **{name: change(getattr(answer, name)) for name, change in fields.items()})

    return mine


def late(model, after):
    calls = []

    def mine(*arguments):
        calls.append(1)
        return model(*arguments) if len(calls) <= after else None

    return mine


def half(value):
    return value[: len(value) // 2]


def spoilt(value):
    return np.where(np.arange(value.size).reshape(value.shape) == value.size - 1, np.nan, value)


few_rates = changed(ours.qkd, key_rate_bps=lambda rate: rate[:1])
nan_rates = changed(ours.qkd, key_rate_bps=spoilt)
minus_rates = changed(ours.qkd, key_rate_bps=lambda rate: rate - 1e9)
few_errors = changed(ours.qkd, qber=half)
listed = changed(ours.qkd, entropy=list)
wordy = changed(ours.qkd, efficiency=lambda value: value.astype(str))
few_guards = changed(ours.qkd, guards=half)
late_rates = late(ours.qkd, 3)
nan_block = changed(ours.chain, finality_s=lambda value: float("nan"))
slow_block = changed(ours.chain, generation_s=lambda value: float("inf"))
text_block = changed(ours.chain, finality_s=str)
nan_terms = changed(ours.problem, latency=lambda value: float("nan"))
few_terms = changed(ours.problem, latency_s=lambda value: np.append(value, 0.0))
deaf = ours_vec._replace(admitted=nothing)
wild = ours_vec._replace(admitted=lambda uploads, draws, prm: np.ones(len(uploads.row), dtype=bool))
counts = ours_vec._replace(admitted=lambda uploads, draws, prm: np.ones(len(uploads.row)))
mute = ours_vec._replace(uplink=nothing)
nan_radio = ours_vec._replace(uplink=changed(ours_vec.uplink, rate_bps=lambda value: value + np.nan))
lost = ours_vec._replace(give_back=lambda bits, rate, down, prm: np.zeros(7))
dark = ours_vec._replace(downlink=nothing)
quiet = ours_vec._replace(noise=nothing)
noisy = ours_vec._replace(noise=fails)
stale = ours_vec._replace(refresh=nothing)
weak = ours_vec._replace(power=nothing)
minus = ours_vec._replace(refresh=lambda power, row, unit, action, draws, prm: (power, power - 1e9))


def gains(distance_m, fading, radio):
    return distance_m.tolist()


class Rules:
    settle = staticmethod(lambda stake, producer, valid, prm: stake)


class Beyond(Rules):
    elect = staticmethod(lambda stake, votes, head: 99)


class Broken(Rules):
    elect = staticmethod(lambda stake, votes, head: 1 // 0)


class Debt(Rules):
    elect = staticmethod(lambda stake, votes, head: 0)
    settle = staticmethod(lambda stake, producer, valid, prm: stake - 10**6)


class Leaves(qvecsim.Policy):
    def decide(self, observation):
        if observation.slot == 4:
            sys.exit("enough")
        return observation.action()


class Bare(qvecsim.Policy):
    def __init__(self, scenario, streams):
        raise FileNotFoundError("weights.npz")


class Thrown(qvecsim.Policy):
    def decide(self, observation):
        return observation.action(rsu=object())

    def learn(self, steps):
        raise AssertionError
"""

# The key, what it names, words of what is said, and the exit code; every model is asked in slot 0 at the latest.
WRONG = [
    ("physics.qkd", "nothing", "must return a qvecsim.types.Links (got NoneType).", 2),
    ("physics.qkd", "few_rates", "must return key_rate_bps of all 4 links, which come first (got 1).", 2),
    ("physics.qkd", "nan_rates", "must return key_rate_bps as finite numbers from 0 on (got nan).", 2),
    ("physics.qkd", "minus_rates", "must return key_rate_bps as finite numbers from 0 on (got -", 2),
    ("physics.qkd", "few_errors", "must return qber of shape (", 2),
    ("physics.qkd", "listed", "must return entropy as a NumPy array (got list).", 2),
    ("physics.qkd", "wordy", "must return efficiency as numbers (got <U32).", 2),
    ("physics.qkd", "few_guards", "must return guards of shape (8,) (got (4,)).", 2),
    ("physics.qkd", "late_rates", "slot 2: 'physics.qkd' own_models:late_rates must return a qvecsim.types.Links", 2),
    ("physics.qkd", "fails", "raised KeyError: 'gain' ({file}:17).", 1),
    ("physics.qkd", "leaves", "raised SystemExit: 3 ({file}:21).", 1),
    ("physics.chain", "nothing", "must return a qvecsim.types.Finality (got NoneType).", 2),
    ("physics.chain", "nan_block", "must return finality_s as finite numbers from 0 on (got nan).", 2),
    ("physics.chain", "slow_block", "must return generation_s as finite numbers from 0 on (got inf).", 2),
    ("physics.chain", "text_block", "must return finality_s as a number (got str).", 2),
    ("physics.problem", "nothing", "slot 0: 'physics.problem' own_models:nothing must return a qvecsim.types.Terms", 2),
    ("physics.problem", "nan_terms", "must return latency as finite numbers (got nan).", 2),
    ("physics.problem", "few_terms", "must return latency_s of shape (0,) (got (1,)).", 2),
    ("physics.vec", "nothing", "'physics.vec' must name a qvecsim.physics.wiring.VecSeam", 2),
    ("physics.vec", "deaf", "own_models:deaf, admitted, must return who may start as a NumPy array", 2),
    ("physics.vec", "wild", "must return True only for vehicles that ask (got one that does not).", 2),
    ("physics.vec", "counts", "must return who may start as truth values (got float64).", 2),
    ("physics.vec", "mute", "own_models:mute, uplink, must return a qvecsim.types.Rates (got NoneType).", 2),
    ("physics.vec", "nan_radio", "uplink, must return rate_bps as numbers from 0 on (got nan).", 2),
    ("physics.vec", "lost", "own_models:lost, give_back, must return times of shape (", 2),
    ("physics.vec", "dark", "own_models:dark, downlink, must return rates as a NumPy array (got NoneType).", 2),
    ("physics.vec", "quiet", "slot 0: 'physics.vec' own_models:quiet, noise, must return a power as a number", 2),
    ("physics.vec", "noisy", "own_models:noisy, noise, raised KeyError: 'gain' ({file}:17).", 1),
    ("physics.vec", "weak", "own_models:weak, power, must return powers as a NumPy array (got NoneType).", 2),
    ("physics.vec", "stale", "own_models:stale, refresh, must return SINRs and rates (got NoneType).", 2),
    ("physics.vec", "minus", "own_models:minus, refresh, must return rate_bps as numbers from 0 on (got -", 2),
    ("world.channel", "nothing", "must return gains as a NumPy array of numbers (got NoneType).", 2),
    ("world.channel", "gains", "must return gains as a NumPy array of numbers (got list).", 2),
    ("world.channel", "fails", "'world.channel' own_models:fails raised KeyError: 'gain' ({file}:17).", 1),
    ("world.channel", "Rules.settle", "'world.channel' must name something in 'own_models' (got 'Rules.settle')", 2),
    ("world.channel", "ours", "'world.channel' must name a function (got 'own_models:ours').", 2),
    ("chain.consensus", "Rules", "'chain.consensus' must have a function 'elect' (got 'own_models:Rules').", 2),
    ("chain.consensus", "Beyond", "elect, must return a validator's index, from 0 to 2 (got 99).", 2),
    ("chain.consensus", "Broken", "raised ZeroDivisionError: integer division or modulo by zero ({file}:", 1),
    ("chain.consensus", "Debt", "settle, must return finite stakes from 0 on (got -9", 2),
    ("scheme", "Leaves", "slot 4: 'scheme' own_models:Leaves raised SystemExit: enough ({file}:", 1),
    ("scheme", "Bare", "'scheme' own_models:Bare raised FileNotFoundError: weights.npz ({file}:", 1),
    ("scheme", "Thrown", "slot 0: the action is refused. 'rsu' must be a NumPy array (got object).", 2),
]
IN_SLOT = {"few_rates": 0, "fails": 0, "mute": 0, "Beyond": 4, "Broken": 4, "Debt": 4}


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The scenario of a small town; in the current folder, models that are wrong."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "own_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path / "here")
    yield found(tmp_path / "town")
    sys.modules.pop("own_models", None)


@pytest.mark.parametrize(("key", "name", "words", "code"), WRONG, ids=[f"{key}-{name}" for key, name, *_ in WRONG])
def test_a_wrong_model_is_one_line_and_leaves_nothing(town, tmp_path, capsys, key, name, words, code):
    before = everything(tmp_path)
    more = () if key == "scheme" else ("--set", "scheme=nearest")
    assert exit_code("run", town, "--set", f"{key}=own_models:{name}", *more, "--out", "out") == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Traceback" not in err
    assert words.replace("{file}", str(tmp_path / "here" / "own_models.py")) in err
    assert "own_models" in err or key == "scheme"
    if name in IN_SLOT:
        assert err.startswith(f"slot {IN_SLOT[name]}: '{key}' own_models:{name}")
    assert everything(tmp_path) == before


def test_from_python_the_exception_itself_is_the_cause(town, tmp_path):
    with pytest.raises(PluginRaisedError) as caught:
        qvecsim.run(town, "chain.consensus=own_models:Broken", out=tmp_path / "out")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.slot == 4
    with pytest.raises(PluginError) as caught:
        qvecsim.run(town, "physics.qkd=own_models:nothing", out=tmp_path / "out")
    assert not isinstance(caught.value, PluginRaisedError)


def test_ours_in_the_place_of_a_plug_in_gives_what_ours_gives(town, tmp_path):
    plain = qvecsim.run(town, scheme="nearest", out=tmp_path / "plain")
    (tmp_path / "here" / "own_ours.py").write_text(
        "from qvecsim.physics.profile import PROFILES\nqkd, vec, chain, problem = PROFILES['amended']\n"
    )
    seams = [f"physics.{seam}=own_ours:{seam}" for seam in ("qkd", "vec", "chain", "problem")]
    rules = ("chain.consensus=qvecsim.consensus:poqks", "world.channel=qvecsim.world.channel:log_distance")
    watched = qvecsim.run(town, *seams, *rules, scheme="nearest", out=tmp_path / "watched")
    assert watched.summary["fingerprint"] == plain.summary["fingerprint"]
    assert watched.summary["return"] == plain.summary["return"]


def test_each_folder_has_its_own_module_of_a_name(tmp_path):
    found = []
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "namesake_of_many.py").write_text(f"where = {name!r}\n")
        found.append(plugin.load("namesake_of_many:where", "scheme", tmp_path / name))
    assert found == ["one", "two", "one"]


def test_a_changed_module_is_imported_anew_and_so_is_its_digest(tmp_path):
    path = tmp_path / "often_edited.py"
    found = []
    for version in (1, 22, 22):
        path.write_text(f"version = {version}\n")
        found.append(
            (plugin.load("often_edited:version", "scheme", tmp_path), plugin.source_sha256("often_edited:v", tmp_path))
        )
    assert [version for version, _ in found] == [1, 22, 22]
    assert found[0][1] != found[1][1] == found[2][1]
