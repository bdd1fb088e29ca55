from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import qvecsim
from qvecsim.cli import main
from qvecsim.scenario.plan import load_plan, variants

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
PROFILES = {"urban": "amended", "paper": "paper", "field": "field", "tokyo_field": "field"}
NETWORKS = ("tokyo", "secoqc", "cambridge", "madqci")
PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
ROW = re.compile(rf"^\| ({'|'.join(NETWORKS)}) \|(.*)\|$", re.MULTILINE)


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def file(request):
    """A shipped scenario."""
    return request.param


def test_there_are_scenarios():
    assert "urban" in {file.stem for file in FILES}


def test_it_validates(file, capsys):
    assert main(["validate", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: valid ({file.stem}, profile ")


def test_it_is_named_as_its_file_and_has_the_profile_that_it_promises(file):
    scenario = qvecsim.load(file)
    assert scenario.name == file.stem
    assert scenario.profile == PROFILES.get(file.stem, scenario.profile)
    assert scenario.slots is None or scenario.slots > 20


def test_it_begins_with_the_editors_line_and_what_it_is_for(file):
    assert re.match(r"# yaml-language-server: \$schema=schema\.json\n# [A-Z].*[^ ]\n", file.read_text())


def test_its_trace_is_shipped(file):
    scenario = qvecsim.load(file)
    assert (file.parent / scenario.world.trace).is_file()


def test_it_runs(file, tmp_path):
    result = qvecsim.run(file, "slots=20", out=tmp_path / "out")
    tables = qvecsim.read(result.path)
    assert len(tables.slots) == 20
    assert result.summary["vehicles"] > 0
    assert len(tables.tasks) == result.summary["tasks_generated"]


PLANS = {"study_small": (24, 300), "three_traces": (36, 600)}  # runs, and slots of each


@pytest.mark.parametrize("file", sorted(FOLDER.glob("plans/*.yaml")), ids=lambda file: file.stem)
def test_a_shipped_plan_is_named_as_its_file_and_its_scenarios_load(file):
    plan = load_plan(file)
    assert plan.title == file.stem
    made, (runs, slots) = variants(plan), PLANS[file.stem]
    assert len(made) * len(plan.schemes) * len(plan.replications) == runs
    for variant in made:
        assert variant.scenario.slots == slots
        assert variant.scenario.file("world.trace").is_file()


def told():
    """Km, dB and rate of each link, as the page on networks has them; None where no source tells."""
    rows = [(name, [cell.strip() for cell in cells.split("|")]) for name, cells in ROW.findall(PAGE.read_text())]
    return {(name, link): tuple(number(cell) for cell in (km, db, rate)) for name, (link, km, db, rate, _) in rows}


def number(cell):
    return None if cell in ("-", "computed") else float(cell)


def rates_of(name):
    """The rows of a network's file of rates."""
    file = FOLDER / "networks" / f"{name}.csv"
    return list(csv.DictReader(file.read_text().splitlines())) if file.exists() else []


def spans_of(name):
    """The links between QKD nodes, by name: those whose length a source tells."""
    links = qvecsim.load(FOLDER / f"{name}.yaml").world.fibre.links
    return {f"{span.source}-{span.target}": span for span in links if span.km is not None}


def test_networks_have_the_links_that_the_page_tells():
    shipped = {}
    for name in NETWORKS:
        rates = {row["link"]: float(row["rate_bps"]) for row in rates_of(name)}
        shipped |= {(name, link): (span.km, span.db, rates.get(link)) for link, span in spans_of(name).items()}
    assert shipped == told()
    assert [sum(name == network for network, _ in shipped) for name in NETWORKS] == [6, 8, 3, 9]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_ends_at_every_unit_and_only_the_last_hop_has_no_source(name):
    scenario = qvecsim.load(FOLDER / f"{name}.yaml")
    links, nodes = scenario.world.fibre.links, {node.name for node in scenario.world.fibre.nodes}
    assert {span.target for span in links} - nodes == {f"r{unit}" for unit in range(scenario.world.place.count)}
    assert {span.km is None and span.db is None for span in links if span.target not in nodes} == {True}
    assert {end for span in spans_of(name).values() for end in (span.source, span.target)} == nodes


@pytest.mark.parametrize("name", NETWORKS)
def test_each_rate_stands_beside_its_source_and_holds_from_the_first_slot(name):
    source = re.compile(r"\w+ et al\. (2009|2011|2019), (\d\.\d|Results): .*bit/s")
    for row in rates_of(name):
        assert source.match(row["source"])
        assert float(row["time_s"]) == 0.0
    assert bool(rates_of(name)) == (qvecsim.load(FOLDER / f"{name}.yaml").rate.file is not None)


def test_published_rates_hold_in_a_run_and_no_unit_gets_more_than_the_link_before_it_makes(tmp_path):
    """St. Poelten hangs on the one link of 85 km: what its unit gets came through there."""
    result = qvecsim.run(FOLDER / "secoqc.yaml", "slots=100", "keys.threshold_bit=256", out=tmp_path / "out")
    run = qvecsim.read(result.path)
    links = run.links.groupby("link", observed=True)[["generated_bit", "relayed_bit"]].sum()
    assert {row["link"]: float(row["rate_bps"]) * 10 for row in rates_of("secoqc")} == {
        row["link"]: links.generated_bit[row["link"]] for row in rates_of("secoqc")
    }
    keys_bit = run.tasks.groupby("rsu", observed=True)["key_bit"].sum()
    assert 0 < keys_bit["r2"] <= links.relayed_bit["STP-BRT"] <= links.generated_bit["STP-BRT"]
