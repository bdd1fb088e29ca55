"""From a file to a scenario and back: every error at once, with file and line; overrides; identity of a run."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.scenario import Scenario, digest, dump, load, run_id
from qvecsim.scenario.parameters import Range

SMALL = "world: {trace: town.xml}\n"
FULL = """\
name: Demo one
seed: 7
profile: paper
scheme: nearest
slots: 1e2
world:
  trace: town.xml
  begin_s: 10
  rsus:
    - {x_m: 0, y_m: 0, name: north}
    - {x_m: 1e2, y_m: -5.5}
  fibre:
    nodes: [{x_m: 1, y_m: 1, name: q0}]
    links:
      - {from: q0, to: north, km: 2}
vehicles:
  local_hz: {low: 1e9, high: 2e9}
tasks:
  classes:
    driving: {share: 2}
    parking: {cycles: [1e9, 2e9], deadline_s: 5}
radio:
  noise: total
chain:
  interval_s: 5
physics: {qkd: amended}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "s.yaml"

    def write(text: str) -> str:
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def refusal(path: str, *overrides: str, **others) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(path, *overrides, **others)
    return [line.replace(path, "s.yaml") for line in caught.value.problems]


def test_smallest_scenario(file):
    scenario = load(file(SMALL))
    assert scenario.world.trace == "town.xml"
    assert scenario == Scenario(world={"trace": "town.xml"})


def test_values_arrive_typed(file):
    scenario = load(file(FULL))
    assert scenario.slots == 100
    assert type(scenario.slots) is int
    assert scenario.vehicles.local_hz == Range(low=1e9, high=2e9)
    assert scenario.tasks.classes["parking"].cycles == (1e9, 2e9)
    assert scenario.world.fibre.links[0].source == "q0"


WRONG = [
    ("seed: -1", "'seed' must be at least 0 (got -1)."),
    ("seed: 1.5", "'seed' must be a whole number (got 1.5)."),
    ("seed: 99999999999999999999", "'seed' must be at most 9223372036854775807 (got 99999999999999999999)."),
    ("slot_s: 1e-4", "'slot_s' must be at least 0.001 (got 0.0001)."),
    ("slot_s: 0.0010000000001", "'slot_s' must be a whole number of nanoseconds (got 0.0010000000001)."),
    ("slots: 0", "'slots' must be at least 1 (got 0)."),
    ("slots: 1e30", "'slots' must be a whole number (got 1e+30)."),
    ("strict: yes", "'strict' must be true or false (got 'yes'). Did you mean true?"),
    ("strict: 1", "'strict' must be true or false (got 1)."),
    ("name: ''", "'name' must not be empty (got '')."),
    ("name: 5", "'name' must be text (got 5)."),
    (
        "name: ../x",
        "'name' must be letters, digits, spaces, '_', '.', '+' and '-', and begin with a letter or digit (got '../x').",
    ),
    ('scheme: "a\\u202Eb"', "'scheme' must be printable text (got 'a\\u202eb')."),
    ("profile: amendet", "'profile' must be one of paper, amended, field (got 'amendet'). Did you mean 'amended'?"),
    ("profile: zzz", "'profile' must be one of paper, amended, field (got 'zzz')."),
    ("radio: {noise: 3}", "'radio.noise' must be one of psd, total, literal (got 3)."),
    ("radio: {bandwidth_hz: 0}", "'radio.bandwidth_hz' must be greater than 0 (got 0)."),
    ("radio: {bandwidth_hz: true}", "'radio.bandwidth_hz' must be a number (got true)."),
    ("radio: {bandwidth_hz: 35 MHz}", "'radio.bandwidth_hz' must be a number (got '35 MHz')."),
    ("radio: {bandwidth_hz: .inf}", "'radio.bandwidth_hz' must be a finite number (got .inf)."),
    ("radio:", "'radio' must be a group of keys (got null)."),
    ("radio: [1]", "'radio' must be a group of keys (got [1])."),
    ("radio: {gain_min_db: -30}", "'radio.gain_min_db' must be less than 'gain_max_db', which is -40.0 (got -30.0)."),
    (
        "radio: {gain_min_db: -90, gain_max_db: -100}",
        "'radio.gain_max_db' must be greater than 'gain_min_db', which is -90.0 (got -100.0).",
    ),
    ("keys: {initial_bit: 2e6}", "'keys.initial_bit' must be at most 'capacity_bit', which is 1000000 (got 2000000)."),
    ("objective: {latency_weight: 1}", "'objective.latency_weight' must be less than 1 (got 1)."),
    ("qkd: {efficiencies: []}", "'qkd.efficiencies' must not be empty (got [])."),
    ("qkd: {efficiencies: 1}", "'qkd.efficiencies' must be a list (got 1)."),
    ("qkd: {efficiencies: [0.5, 2]}", "'qkd.efficiencies.1' must be at most 1 (got 2)."),
    (
        "chain: {interval_s: often}",
        "'chain.interval_s' must be a number, a list of numbers, or {low: ..., high: ...} (got 'often').",
    ),
    ("chain: {interval_s: 0}", "'chain.interval_s' must be at least 0.001 (got 0)."),
    ("chain: {interval_s: []}", "'chain.interval_s' must not be empty (got [])."),
    ("chain: {interval_s: [1, x]}", "'chain.interval_s.1' must be a number (got 'x')."),
    ("chain: {interval_s: {low: 1}}", "'chain.interval_s.high' must be given."),
    ("chain: {interval_s: {low: 0, high: 1}}", "'chain.interval_s.low' must be at least 0.001 (got 0.0)."),
    (
        "chain: {interval_s: {low: 3, high: 1}}",
        "'chain.interval_s.high' must be at least 'low', which is 3.0 (got 1.0).",
    ),
    (
        "tasks: {classes: {a: {cycles: {low: -1, high: 1}}}}",
        "'tasks.classes.a.cycles.low' must be at least 0 (got -1.0).",
    ),
    ("tasks: {classes: {}}", "'tasks.classes' must not be empty (got {})."),
    (
        "tasks: {classes: {a: {share: 0}}}",
        "'tasks.classes' must give at least one class a share above 0 (got [0.0]).",
    ),
    (
        "tasks: {classes: {../a: {}}}",
        "'tasks.classes.../a' must be letters, digits, spaces, '_', '.', '+' and '-',"
        " and begin with a letter or digit (got '../a').",
    ),
]


@pytest.mark.parametrize(("line", "text"), WRONG, ids=[line for line, _ in WRONG])
def test_one_rule_one_line(file, line, text):
    assert refusal(file(SMALL + line + "\n")) == [f"s.yaml:2: {text}"]


WRONG_WORLD = [
    ("begin_s: 5\n  end_s: 5", 3, "'world.end_s' must be greater than 'begin_s', which is 5.0 (got 5.0)."),
    (
        "rsus: [{x_m: 1}]",
        2,
        "'world.rsus.0.x_m' must be given with 'y_m', or 'lon' with 'lat', and not both pairs (got {x_m: 1.0}).",
    ),
    (
        "rsus: [{x_m: 1, y_m: 1, name: a}]\n  fibre:\n    nodes:\n      - {x_m: 1, y_m: 1, name: a}",
        5,
        "'world.fibre.nodes.0.name' must be given to one place only (got 'a').",
    ),
    ("fibre: {links: [{to: b}]}", 2, "'world.fibre.links.0.from' must be given."),
    ("fibre: {links: [{from: a, to: a}]}", 2, "'world.fibre.links.0.to' must name another end than 'from' (got 'a')."),
]


@pytest.mark.parametrize(("lines", "number", "text"), WRONG_WORLD, ids=[lines[:20] for lines, _, _ in WRONG_WORLD])
def test_rules_between_keys_of_the_world(file, lines, number, text):
    assert refusal(file(f"world:\n  {lines}\n  trace: a\n")) == [f"s.yaml:{number}: {text}"]


UNKNOWN = [
    ("bandwidth_hz: 1", "'bandwidth_hz' is no parameter of a scenario. Did you mean 'radio.bandwidth_hz'?"),
    ("radio: {bandwith_hz: 1}", "'radio.bandwith_hz' is no parameter of 'radio'. Did you mean 'radio.bandwidth_hz'?"),
    ("bandwith_hz: 1", "'bandwith_hz' is no parameter of a scenario. Did you mean 'radio.bandwidth_hz'?"),
    (
        "'[key]': 1",
        "'[key]' is no parameter of a scenario. Did you mean 'keys'?",
    ),
    ("vehicle: {}", "'vehicle' is no parameter of a scenario. Did you mean 'vehicles'?"),
    (
        "radio: {clock_hz: 1}",
        "'radio.clock_hz' is no parameter of 'radio'. "
        "Did you mean 'edge.clock_hz' or 'qkd.field.clock_hz' or 'chain.clock_hz'?",
    ),
    (
        "keys: {zzz: 1}",
        "'keys.zzz' is no parameter of 'keys'. Known: abort_qber, capacity_bit, centre, encryption, expiry_s, "
        "initial_bit, missing, per_task_bit, rekey, rekey_byte, rekey_s, reserved_bit, routing, store, "
        "threshold_bit, ways.",
    ),
    (
        "tasks: {classes: {a: {cycle: 1}}}",
        "'tasks.classes.a.cycle' is no parameter of 'tasks.classes.a'. Did you mean 'tasks.classes.a.cycles'?",
    ),
    (
        "chain: {interval_s: {low: 1, high: 2, hgih: 3}}",
        "'chain.interval_s.hgih' is no parameter of 'chain.interval_s'. Did you mean 'chain.interval_s.high'?",
    ),
]


@pytest.mark.parametrize(("line", "text"), UNKNOWN, ids=[line for line, _ in UNKNOWN])
def test_unknown_key_and_the_likely_one(file, line, text):
    assert refusal(file(SMALL + line + "\n")) == [f"s.yaml:2: {text}"]


def test_all_errors_at_once_in_the_order_of_lines(file):
    text = """\
seed: -1
bandwidth_hz: 20e6
world:
  range_m: far
  place:
    count: 0
    at: gird
radio: {noise: &n psd}
seed: 2
strict: no
"""
    assert refusal(file(text), "keys.missing=drp", "edge.clock_hz=0") == [
        "s.yaml:1: 'seed' must be at least 0 (got -1).",
        "s.yaml:2: 'bandwidth_hz' is no parameter of a scenario. Did you mean 'radio.bandwidth_hz'?",
        "s.yaml:3: 'world.trace' must be given, or 'sumocfg' instead, and not both (got null).",
        "s.yaml:4: 'world.range_m' must be a number (got 'far').",
        "s.yaml:6: 'world.place.count' must be at least 1 (got 0).",
        "s.yaml:7: 'world.place.at' must be one of traffic_lights, grid, kmeans, parking_areas, charging_stations"
        " (got 'gird'). Did you mean 'grid'?",
        "s.yaml:8: 'radio.noise' must have no anchor (got &n).",
        "s.yaml:9: 'seed' must be given once (first on line 1).",
        "s.yaml:10: 'strict' must be true or false (got 'no'). Did you mean false?",
        "--set keys.missing: 'keys.missing' must be one of wait, local, drop, expose (got 'drp'). Did you mean 'drop'?",
        "--set edge.clock_hz: 'edge.clock_hz' must be greater than 0 (got 0).",
    ]


def test_what_could_not_be_read_is_reported_once(file):
    assert refusal(file("world: {trace: *t}\nradio: !x {zzz: 1}\n")) == [
        "s.yaml:1: 'world.trace' must be written out (got the alias *t).",
        "s.yaml:2: 'radio' must have no tag (got !x).",
    ]
    assert refusal(file("world: [")) == [
        "s.yaml:1: the file must close the [ that opens here with ], with commas between what it holds."
    ]


@pytest.mark.parametrize(("text", "got"), [("- 1", "[1]"), ("5", "5"), ("hello", "'hello'")])
def test_a_file_that_is_no_group(file, text, got):
    assert refusal(file(text)) == [f"s.yaml:1: the file must be a group of keys (got {got})."]


def test_many_errors_are_counted_not_told(file):
    lines = refusal(file(SMALL + "".join(f"key{n}: 1\n" for n in range(5000))))
    assert len(lines) == 101
    assert lines[0].startswith("s.yaml:2: 'key0' is no parameter of a scenario.")
    assert lines[-1] == "s.yaml:1: 4900 more problems."


def test_long_values_are_shortened(file):
    assert refusal(file(SMALL + f"profile: {'x' * 5000}\n")) == [
        f"s.yaml:2: 'profile' must be one of paper, amended, field (got '{'x' * 77}...')."
    ]


def test_no_such_file(tmp_path):
    assert refusal(str(tmp_path / "none.yaml"))[0].endswith("must be a scenario file (got no such file).")
    assert refusal(str(tmp_path))[0].endswith("must be a scenario file (got a folder).")
    assert refusal("/dev/zero") == ["'s.yaml' must be a scenario file (got a device)."]
    assert refusal("a\0b") == ["'a\\x00b' must be a scenario file (got no such file)."]


def test_overrides_replace_and_create(file):
    overrides = (
        "radio.bandwidth_hz=20e6",
        "world.rsus.0.x_m=3",
        "keys.missing=drop",
        "tasks.classes.parking.share=0x2",
        "chain.interval_s={low: 1, high: 2}",
        "world.network=null",
        "world.trace=a=b",
    )
    scenario = load(file(FULL), *overrides, seed=5, scheme="mine:Policy")
    assert scenario.radio.bandwidth_hz == 20e6
    assert scenario.radio.noise == "total"
    assert scenario.world.rsus[0].x_m == 3
    assert scenario.keys.missing == "drop"
    assert scenario.tasks.classes["parking"].share == 2
    assert scenario.chain.interval_s == Range(low=1, high=2)
    assert (scenario.world.trace, scenario.seed, scenario.scheme) == ("a=b", 5, "mine:Policy")


@pytest.mark.parametrize("override", [{"seed": 2}, 7, None, b"seed=2"])
def test_an_override_that_is_no_text_is_told(file, override):
    with pytest.raises(ScenarioError, match=r"an override must be text such as 'seed=7' \(got "):
        load(file(SMALL), override)


def test_the_last_override_wins(file):
    assert load(file(SMALL), "seed=2", "seed=3").seed == 3
    assert load(file(SMALL), "seed=2", seed=4).seed == 4


WRONG_OVERRIDES = [
    ("seed", "--set seed: an override must read key=value (got 'seed')."),
    ("=3", "--set : an override must read key=value (got '=3')."),
    ("world..trace=3", "--set world..trace: an override must read key=value (got 'world..trace=3')."),
    ("seed=", "--set seed: 'seed' must have a value after '='; write null for none."),
    ("seed=[1", "--set seed: 'seed' must close the [ that opens here with ], with commas between what it holds."),
    ("seed=*a", "--set seed: 'seed' must be written out (got the alias *a)."),
    ("seed=.nan", "--set seed: 'seed' must be a finite number (got .nan)."),
    ("seed=no", "--set seed: 'seed' must be a whole number (got 'no')."),
    (
        "radio.nois=psd",
        "--set radio.nois: 'radio.nois' is no parameter of 'radio'. Did you mean 'radio.noise'?",
    ),
    ("radoi.noise=psd", "--set radoi.noise: 'radoi' is no parameter of a scenario. Did you mean 'radio'?"),
    (
        "seed.x=1",
        "--set seed.x: 'seed' must be a group of keys to set 'x' in it (got 7).",
    ),
    ("world.rsus.2.x_m=1", "--set world.rsus.2.x_m: 'world.rsus.2' must name one of the 2 items, counted from 0."),
    ("world.rsus.-1.x_m=1", "--set world.rsus.-1.x_m: 'world.rsus.-1' must name one of the 2 items, counted from 0."),
    ("world.rsus.0.x_m=a", "--set world.rsus.0.x_m: 'world.rsus.0.x_m' must be a number (got 'a')."),
    (
        "world.rsus.0={x_m: 1}",
        "--set world.rsus.0: 'world.rsus.0.x_m' must be given with 'y_m', or 'lon' with 'lat', and not both pairs"
        " (got {x_m: 1.0}).",
    ),
    ("world.rsus.00.x_m=1", "--set world.rsus.00.x_m: 'world.rsus.00' must name one of the 2 items, counted from 0."),
    ("extends=s.yaml", "--set extends: 'extends' must stand in a scenario file."),
]


@pytest.mark.parametrize(("override", "text"), WRONG_OVERRIDES, ids=[override for override, _ in WRONG_OVERRIDES])
def test_wrong_overrides(file, override, text):
    assert refusal(file(FULL), override) == [text]


def test_wrong_seed_and_scheme(file):
    assert refusal(file(SMALL), seed=-1, scheme="") == [
        "--seed: 'seed' must be at least 0 (got -1).",
        "--scheme: 'scheme' must not be empty (got '').",
    ]


def test_an_override_can_mend_the_file(file):
    assert load(file(SMALL + "radio: {noise: psx}\n"), "radio.noise=psd").radio.noise == "psd"


@pytest.mark.parametrize("text", [SMALL, FULL])
def test_dump_is_read_back(file, text):
    scenario = load(file(text))
    text = dump(scenario)
    again = load(file(text))
    assert again == scenario
    assert dump(again) == text
    assert digest(again) == digest(scenario)


@pytest.fixture(scope="module")
def dumped(tmp_path_factory):
    return tmp_path_factory.mktemp("dumped") / "s.yaml"


POSITIVE = st.floats(1e-300, 1e300)
AMOUNT = st.floats(1e-300, 1e18)
DRAW = (
    AMOUNT
    | st.lists(AMOUNT, min_size=1, max_size=3)
    | st.tuples(AMOUNT, AMOUNT).map(sorted).map(lambda ends: {"low": ends[0], "high": ends[1]})
)
WORD = st.text(min_size=1, max_size=20).filter(str.isprintable)


@given(
    trace=WORD,
    scheme=WORD,
    seed=st.integers(0, 2**63 - 1),
    bandwidth=POSITIVE,
    clock=DRAW,
    rsus=st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), max_size=3),
    db=st.none() | st.floats(0, 100),
    classes=st.dictionaries(
        st.from_regex(r"\A\w[\w .+-]{0,9}\Z").filter(str.isprintable), DRAW, min_size=1, max_size=3
    ),
)
def test_any_scenario_is_dumped_and_read_back(dumped, trace, scheme, seed, bandwidth, clock, rsus, db, classes):
    scenario = Scenario.model_validate(
        {
            "scheme": scheme,
            "seed": seed,
            "world": {
                "trace": trace,
                "rsus": [{"x_m": x, "y_m": y} for x, y in rsus],
                "fibre": {"links": [{"from": "a", "to": "b", "db": db}]},
            },
            "radio": {"bandwidth_hz": bandwidth},
            "edge": {"clock_hz": clock},
            "tasks": {"classes": {name: {"deadline_s": draw} for name, draw in classes.items()}},
        }
    )
    dumped.write_text(dump(scenario), encoding="utf-8")
    assert load(dumped) == scenario


def test_digest_tells_scenarios_apart(file):
    one, other = load(file(FULL)), load(file(FULL), "seed=8")
    assert digest(one) == digest(load(file(FULL.replace("1e2", "100"))))
    assert digest(one) != digest(other)
    assert one != other
    assert hash(one) == hash(load(file(FULL)))


def test_order_of_classes_counts(file):
    turned = FULL.replace("driving", "x").replace("parking", "driving").replace("x: {share: 2}", "parking: {share: 2}")
    assert load(file(FULL)) != load(file(turned))


def test_run_id_depends_on_everything_that_decides_the_result(file):
    scenario = load(file(FULL))
    ids = [
        run_id(scenario, "greedy", 0, "aa"),
        run_id(scenario, "nearest", 0, "aa"),
        run_id(scenario, "greedy", 1, "aa"),
        run_id(scenario, "greedy", 0, "bb"),
        run_id(scenario, "greedy", 0, "aa", {"world.network": "cc"}),
        run_id(load(file(FULL), "seed=8"), "greedy", 0, "aa"),
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(each) == 12 and int(each, 16) >= 0 for each in ids)


def test_run_id_forgets_the_trace_s_place_and_the_scenario_s_own_scheme(file):
    moved = load(file(FULL), "world.trace=../elsewhere/town.xml", scheme="ralc")
    assert run_id(moved, "greedy", 0, "aa") == run_id(load(file(FULL)), "greedy", 0, "aa")


def test_run_id_depends_on_the_version(file, monkeypatch):
    scenario = load(file(FULL))
    before = run_id(scenario, "greedy", 0, "aa")
    monkeypatch.setattr("qvecsim.scenario.resolve.__version__", "99")
    assert run_id(scenario, "greedy", 0, "aa") != before


def test_scenarios_are_frozen(file):
    with pytest.raises(ValueError, match="frozen"):
        load(file(SMALL)).seed = 2


def test_reading_a_scenario_imports_nothing_heavy():
    heavy = ["numpy", "pandas", "pyarrow", "scipy", "simpy", "networkx", "qiskit", "cupy"]
    code = f"import sys, qvecsim.scenario; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
