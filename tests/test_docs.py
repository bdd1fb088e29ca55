"""The pages keep what they promise: links lead somewhere, commands parse, keys exist, recipes run."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

import qvecsim
from qvecsim.cli import parser
from qvecsim.decision.learned import for_scheme
from qvecsim.decision.policy import Policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import name_of as run_name
from qvecsim.scenario import load
from qvecsim.scenario.layers import EXTENDS
from qvecsim.scenario.parameters import Scenario
from qvecsim.scenario.plan import Plan
from qvecsim.scenario.table import rows
from qvecsim.show import owners
from qvecsim.validation import problems_of, toy_trace
from qvecsim.world.world import build

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")])
COMMANDS = (
    "python -m pip install -e . && qvecsim run scenarios/urban.yaml",
    "python -m pip install tox && tox",
)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
SET = re.compile(r"--set ([\w.]+)=")
PLUGGED = re.compile(r"--set ([\w.]+)=(\w+):(\w+)")
NAMED = re.compile(r"# (\w+)\.py\n")
KEYS = [*(row["key"].split(".") for row in rows()), [EXTENDS]]
PLACES = ("tests/", "qvecsim/", "scenarios/", "docs/", "benchmarks/")


def name_of(page):
    """A page as it is called in a report."""
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    """The fenced blocks of a page in one language."""
    return [text for kind, text in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def prose(page):
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def slug(heading):
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def commands(page):
    """Every ``qvecsim ...`` of a page: in shell blocks and between backticks."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in re.split(r"&&|>|\|", line)]
    return [part for part in [*parts, *INLINE.findall(prose(page))] if part.startswith("qvecsim ")]


RECIPES = {
    f"{page.stem}-{match[1]}": (match[1], block)
    for page in PAGES
    for block in blocks(page, "python")
    if (match := NAMED.match(block))
}
UNNAMED = {
    f"{page.stem}-{index}": block
    for page in PAGES
    for index, block in enumerate(blocks(page, "python"))
    if not NAMED.match(block)
}
PLUGGED_IN = sorted(
    {(page.stem, *found) for page in PAGES for block in blocks(page, "sh") for found in PLUGGED.findall(block)}
)
YAML = {f"{page.stem}-{index}": block for page in PAGES for index, block in enumerate(blocks(page, "yaml"))}

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Saves a recipe under its name in an empty current folder; the module is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def save(name, text):
        assert name not in sys.modules
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield save
    for name in {name for name, _ in RECIPES.values()} - before:
        sys.modules.pop(name, None)


def parses(words):
    """Whether the command line understands them, or prints its help for them."""
    try:
        parser().parse_args(words)
    except SystemExit as leave:
        return leave.code == 0
    return True


def is_known(key):
    """Whether a dotted key, or one below it, may stand in a scenario."""
    parts = key.split(".")
    for known in KEYS:
        heads = zip(parts, known, strict=False)
        if len(parts) <= len(known) and all(part == name or name in ("<name>", "<n>") for part, name in heads):
            return True
    return False


def leaves(node, above=()):
    """The dotted keys of a YAML tree; items of lists are numbered."""
    if isinstance(node, dict):
        return [key for name, inner in node.items() for key in leaves(inner, (*above, str(name)))]
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        return [key for index, item in enumerate(node) for key in leaves(item, (*above, str(index)))]
    return [".".join(above)]


@each_page
def test_links_lead_somewhere(page):
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name_of(page)}: {target}"
        if anchor:
            headings = [slug(heading) for heading in HEADING.findall(prose(there))]
            assert anchor in headings, f"{name_of(page)}: {target}"


@each_page
def test_files_that_are_named_exist(page):
    for word in INLINE.findall(prose(page)):
        path = word.partition(":")[0]
        if path.startswith(PLACES) and not re.search(r"[ *<]", path):
            assert (ROOT / path).exists(), f"{name_of(page)}: {word}"


@each_page
def test_functions_that_are_named_own_their_equation(page):
    places = {owner.place for owner in owners()}
    for word in INLINE.findall(prose(page)):
        if re.fullmatch(r"physics/\S+\.py:\w+", word):
            assert word in places, f"{name_of(page)}: {word}"


@each_page
def test_commands_parse(page):
    for command in commands(page):
        words = shlex.split(command)[1:]
        assert parses(words) or (len(words) == 1 and parses([*words, "--help"])), f"{name_of(page)}: {command}"


@each_page
def test_keys_that_are_set_exist(page):
    for key in SET.findall(page.read_text(encoding="utf-8")):
        assert is_known(key), f"{name_of(page)}: {key}"


@pytest.mark.parametrize("block", YAML.values(), ids=YAML)
def test_yaml_has_known_keys(block):
    tree = yaml.safe_load(block)
    if "scenarios" in tree:  # a plan
        plan = Plan.model_validate(tree)
        assert [key for key in (*plan.settings, *plan.sweep) if not is_known(key)] == []
    else:
        assert [key for key in leaves(tree) if not is_known(key)] == []


def test_an_unknown_key_is_found():
    assert is_known("tasks.classes.driving.share")
    assert is_known("world.place")
    assert not is_known("radio.bandwith_hz")
    assert not is_known("seed.more")


def test_the_readme_begins_with_the_two_commands():
    first = blocks(ROOT / "README.md", "sh")[0]
    assert tuple(first.splitlines()) == COMMANDS
    assert FENCE.search((ROOT / "README.md").read_text(encoding="utf-8")).group(2) == first


def test_every_kind_of_recipe_is_there():
    assert {"README-mypolicy", "policy-mypolicy", "channel-mychannel", "extending-mine"} <= set(RECIPES)
    assert {key for _, key, _, _ in PLUGGED_IN} == {"world.channel", "physics.qkd", "chain.consensus"}


@pytest.mark.parametrize(("name", "text"), RECIPES.values(), ids=RECIPES)
def test_recipes_are_imported_and_their_policies_are_sound(written, name, text):
    module = written(name, text)
    policies = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Policy)]
    assert policies or any(module_name == name for _, _, module_name, _ in PLUGGED_IN)
    for policy in policies:
        assert problems_of(policy) == []


def test_the_first_policy_of_a_page_is_short():
    for page in ("README", "policy"):
        _, text = RECIPES[f"{page}-mypolicy"]
        assert len([line for line in text.splitlines()[1:] if line.strip()]) <= 10


@pytest.mark.parametrize(("page", "key", "name", "member"), PLUGGED_IN, ids=[found[1] for found in PLUGGED_IN])
def test_models_of_ones_own_run_five_slots(written, page, key, name, member):
    written(name, RECIPES[f"{page}-{name}"][1])
    tree = {"world": {"trace": "made-up", "place": {"at": "grid", "count": 3}}, "slots": 5}
    tree |= {"tasks": {"rate_hz": 0.7}, "radio": {"admission_db": -10.0}, "chain": {"interval_s": 1.0}}
    tree["qkd"] = {"source_rate_hz": 2000.0}
    group, _, leaf = key.partition(".")
    tree[group] = {**tree.get(group, {}), leaf: f"{name}:{member}"}
    scenario = Scenario.model_validate(tree)
    simulation = Simulation(scenario, world=build(scenario, trace=toy_trace()))
    offloaded = 0
    while not simulation.finished:
        seen = simulation.observe()
        outcome = simulation.step(seen.action(seen.reachable.any(axis=1), seen.nearest))
        offloaded += outcome.slot["offloaded"]
    assert simulation.state.slot == 5
    assert offloaded > 0
    assert simulation.state.head.height > 0


@pytest.mark.parametrize("block", UNNAMED.values(), ids=UNNAMED)
def test_other_python_runs_from_the_root(block, monkeypatch, capsys):
    code = compile(block, "a page", "exec")
    if "results/" not in block:  # which holds what the reader has run
        monkeypatch.chdir(ROOT)
        exec(code, {"__name__": "page"})
        assert capsys.readouterr().out


SESSIONS = {page.stem: "\n".join(found) for page in PAGES if (found := blocks(page, "pycon"))}


@pytest.mark.parametrize("text", SESSIONS.values(), ids=SESSIONS)
def test_sessions_give_what_they_show(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(text, {}, "page", None, None)
    assert 0 < len(test.examples) <= 10
    found = []
    doctest.DocTestRunner().run(test, out=found.append)
    assert "".join(found) == ""


def test_the_citation_is_of_this_version_and_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == qvecsim.__version__
    assert citation["license"] == "Apache-2.0"
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert f"## {citation['version']} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_page_is_in_the_index():
    linked = {target.partition("#")[0] for target in LINK.findall(prose(ROOT / "docs" / "index.md"))}
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md", "site.md"} <= linked


RUN = re.compile(r"\burban-(greedy|tnqdrl)-([0-9a-f]{12})\b")
PRINTED = re.compile(r"^run id +([0-9a-f]{12})$", re.MULTILINE)


def test_run_ids_that_are_told_are_those_of_today():
    """Known without a run: from scenario, trace and version."""
    sources = [*PAGES, *(ROOT / "qvecsim").rglob("*.py")]
    told = {(path.name, run) for path in sources for run in RUN.findall(path.read_text("utf-8"))}
    printed = {(path.name, run) for path in PAGES for run in PRINTED.findall(path.read_text("utf-8"))}
    assert len(told) > 4
    today = {scheme: today_s(scheme) for scheme in ("greedy", "tnqdrl")}
    assert {run for _, run in told} == set(today.items()), f"today {today}, told {sorted(told)}"
    assert {run for _, run in printed} <= set(today.values()), f"today {today}, printed {sorted(printed)}"


def today_s(scheme):
    """The run id of the urban scenario with a scheme."""
    scenario = for_scheme(load(ROOT / "scenarios" / "urban.yaml"), scheme)
    world = build(scenario)
    return run_name(scenario, scheme, 0, world.trace.sha256, world.contents)
