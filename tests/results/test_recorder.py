from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.results import recorder as module
from qvecsim.results.recorder import Recorder
from qvecsim.results.schema import TABLES, arrow
from qvecsim.results.tasks import PARTS, as_of, task_columns
from qvecsim.types import DONE, DROPPED, IN_FLIGHT, LATE
from qvecsim.units import NEVER_NS

from .example import NAMES, S, fill, four_tasks, row, sent, task

BY_FIELD = {"vehicle": NAMES["vehicles"], "kind": NAMES["kinds"], "rsu": NAMES["rsus"]}
SPANS = st.integers(0, 10**12)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def frame(folder, table):
    return pq.ParquetFile(folder / table / "part-00000.parquet").read().to_pandas()


def columns(records):
    found = task_columns(records, BY_FIELD)
    return {name: value if isinstance(value, np.ndarray) else value.to_pylist() for name, value in found.items()}


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_one_readable_part(tmp_path, table):
    tables = Recorder(tmp_path, "abc").close()
    assert tables[table]["rows"] == 0
    part = pq.ParquetFile(tmp_path / next(iter(tables[table]["parts"]))).read()
    assert part.num_rows == 0
    assert part.schema == arrow(table)


def test_rows_come_back_as_they_went_in(tmp_path):
    tables = fill(tmp_path)
    assert {name: entry["rows"] for name, entry in tables.items()} == {
        "runs": 1,
        "slots": 3,
        "tasks": 4,
        "servers": 6,
        "links": 6,
        "blocks": 1,
        "transactions": 2,
        "records": 3,
        "faults": 1,
        "docks": 3,
    }
    links = frame(tmp_path, "links")
    assert links["run_id"].unique().tolist() == ["abc"]
    assert links["slot"].tolist() == [0, 0, 1, 1, 2, 2]
    assert links["link"].tolist() == ["q0", "q1"] * 3
    assert links["generated_bit"].tolist() == [0, 4, 1, 4, 2, 4]
    assert links["qber"].isna().tolist() == [False, True] * 3
    assert frame(tmp_path, "blocks")["stake_bit"][0].tolist() == [1.0, 2.0]


def test_the_ledger_is_numbered_through_and_knows_its_blocks(tmp_path):
    fill(tmp_path)
    transactions, records = frame(tmp_path, "transactions"), frame(tmp_path, "records")
    assert transactions["transaction"].tolist() == [0, 1]
    assert transactions["rsu"].tolist() == ["east", "west"]
    assert transactions["height"].isna().tolist() == [False, True]
    assert transactions["place"][0] == 0
    assert transactions["root"][0] == "00" * 32
    assert records["transaction"].tolist() == [0, 0, 1]
    assert records["place"].tolist() == [0, 1, 0]
    assert records["kind"].tolist() == ["keys_generated", "result", "keys_generated"]
    assert records["key_bit"].tolist() == [7, 256, 9]


def test_equal_rows_give_equal_bytes(tmp_path):
    assert fill(tmp_path / "a") == fill(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_bytes_do_not_depend_on_the_cut_into_calls(tmp_path, monkeypatch):
    whole, single = Recorder(tmp_path / "a", "abc", **NAMES, limit=3), Recorder(tmp_path / "b", "abc", **NAMES, limit=3)
    whole.add_tasks(four_tasks())
    monkeypatch.setattr(module, "STAGED_CALLS", 1)
    for record in four_tasks():
        single.add_tasks(np.array([record]))
    assert whole.close() == single.close()
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_part_closes_at_the_limit(tmp_path):
    tables = fill(tmp_path, slots=10, limit=4)
    sizes = [pq.ParquetFile(tmp_path / name).metadata.num_rows for name in tables["links"]["parts"]]
    assert sizes == [4, 4, 4, 4, 4]
    assert [pq.ParquetFile(tmp_path / name).metadata.num_rows for name in tables["slots"]["parts"]] == [4, 4, 2]
    assert tables["links"]["rows"] == 20
    assert not list(tmp_path.rglob("*.tmp"))


def test_parts_are_written_as_soon_as_they_are_full(tmp_path):
    recorder = Recorder(tmp_path, "abc", limit=2)
    recorder.add("slots", row("slots", slot=0))
    assert not contents(tmp_path)
    recorder.add("slots", row("slots", slot=1))
    assert list(contents(tmp_path)) == ["slots/part-00000.parquet"]


def test_one_call_may_hold_many_parts(tmp_path):
    recorder = Recorder(tmp_path, "abc", rsus=[f"r{m}" for m in range(10)], limit=4)
    recorder.add("servers", row("servers", busy_s=np.arange(10.0)))
    names = recorder.close()["servers"]["parts"]
    rows = [busy for name in names for busy in pq.ParquetFile(tmp_path / name).read()["busy_s"].to_pylist()]
    assert rows == list(range(10))


def test_the_caller_may_use_its_arrays_again(tmp_path):
    recorder = Recorder(tmp_path, "abc", **NAMES)
    busy, records = np.array([1.0, 2.0]), four_tasks()
    recorder.add("servers", row("servers", busy_s=busy))
    recorder.add_tasks(records)
    busy[:] = 9.0
    records["task"] = 9
    recorder.close()
    assert frame(tmp_path, "servers")["busy_s"].tolist() == [1.0, 2.0]
    assert frame(tmp_path, "tasks")["task"].tolist() == [0, 1, 2, 3]


def test_arrays_scalars_and_lists_may_take_turns_in_a_column(tmp_path):
    recorder = Recorder(tmp_path, "abc", **NAMES)
    for busy in (np.array([1.0, 2.0]), 3.0, [4.0, 5.0]):
        recorder.add("servers", row("servers", busy_s=busy))
    recorder.close()
    assert frame(tmp_path, "servers")["busy_s"].tolist() == [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]


def test_missing_and_unknown_columns_are_told(tmp_path):
    wrong = row("slots")
    wrong["rewrad"] = wrong.pop("reward")
    with pytest.raises(ValueError, match=r"missing: \['reward'\], unknown: \['rewrad'\]"):
        Recorder(tmp_path, "abc").add("slots", wrong)


def test_a_column_of_another_length_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'servers.busy_s' must have 2 rows \(got 3\)"):
        Recorder(tmp_path, "abc", **NAMES).add("servers", row("servers", busy_s=np.zeros(3)))


def test_half_a_bit_and_a_null_key_are_refused(tmp_path):
    for value, rule in ((1.5, "must be int64"), (None, "must not be null")):
        recorder = Recorder(tmp_path, "abc")
        recorder.add("slots", row("slots", keys_generated_bit=value))
        with pytest.raises(ValueError, match=rule):
            recorder.close()


def test_an_index_without_a_name_is_refused(tmp_path):
    recorder = Recorder(tmp_path, "abc", **NAMES)
    recorder.add_tasks(task(0, vehicle=3))
    with pytest.raises(ValueError, match="must have a name"):
        recorder.close()


def test_a_part_has_at_least_one_row(tmp_path):
    with pytest.raises(ValueError, match="'limit' must be at least 1"):
        Recorder(tmp_path, "abc", limit=0)


def test_a_task_tells_where_its_time_went():
    found = columns(four_tasks())
    assert [found[part][0] for part in PARTS] == [0.125, 0.125, 0.25, 0.0, 0.5, 1e-9]
    assert found["latency_s"][0] == 1.000000001
    assert [found[part][1] for part in PARTS] == [0.0, 0.0, 0.0, 1.0, 2.0, 0.0]
    assert found["rsu"] == ["east", None, "east", None]
    assert found["outcome"] == ["done", "late", "dropped", "in_flight"]
    assert found["sinr_db"][0] == pytest.approx(20.0)


def test_what_a_dropped_task_did_not_reach_is_unknown():
    found = columns(four_tasks())
    assert found["queue_s"][2] == 0.0
    assert found["end_s"][2] == 2.0
    assert all(np.isnan(found[name][2]) for name in ("compute_s", "return_s", "latency_s"))


def test_a_task_in_flight_has_no_end_and_no_parts_but_its_key_wait():
    found = columns(four_tasks())
    unknown = set(PARTS) - {"key_wait_s"} | {"end_s", "decided_s", "latency_s", "rate_bps", "sinr_db", "predicted_s"}
    assert all(np.isnan(found[name][3]) for name in unknown)
    assert found["key_wait_s"][3] == 0.0


def test_a_plan_is_not_known_before_its_time():
    planned = sent(0, 0, S, 2 * S, 3 * S, 4 * S, 5 * S, outcome=IN_FLIGHT)
    found = columns(as_of(planned, 2 * S))
    assert found["uplink_s"][0] == 1.0
    assert np.isnan(found["queue_s"][0])
    assert planned["end_ns"][0] == 5 * S


def test_never_is_unknown():
    found = columns(sent(0, 0, S, NEVER_NS, NEVER_NS, NEVER_NS, 2 * S, outcome=DROPPED))
    still = columns(sent(0, 0, S, NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS, outcome=IN_FLIGHT))
    assert found["wait_s"] == still["wait_s"] == [1.0]
    assert np.isnan(found["uplink_s"][0])
    assert np.isnan(still["uplink_s"][0])


def test_tasks_in_flight_are_added_as_of_the_end(tmp_path):
    recorder = Recorder(tmp_path, "abc", **NAMES)
    recorder.add_tasks(sent(0, 0, S, 2 * S, 3 * S, 4 * S, 5 * S, outcome=IN_FLIGHT), now_ns=2 * S)
    recorder.close()
    assert frame(tmp_path, "tasks")[["uplink_s", "queue_s"]].isna().to_numpy().tolist() == [[False, True]]


@given(
    born=SPANS,
    spans=st.tuples(*[SPANS] * 6),
    local=st.booleans(),
    outcome=st.sampled_from([DONE, LATE]),
)
def test_the_parts_of_a_finished_task_add_up_to_its_latency(born, spans, local, outcome):
    wait, key_wait, uplink, queue, compute, back = spans
    uplink, back = (0, 0) if local else (uplink, back)
    stamps = np.cumsum([born + wait + key_wait, uplink, queue, compute, back])
    record = sent(0, born, *stamps, key_wait_ns=key_wait, outcome=outcome)
    if local:
        record["rsu"], record["arrival_ns"] = -1, -1
    found = columns(record)
    parts_ns = [round(float(found[part][0]) * S) for part in PARTS]
    assert parts_ns == [wait, key_wait, uplink, queue, compute, back]
    assert sum(parts_ns) == round(float(found["latency_s"][0]) * S)


@given(end=SPANS, stamps=st.lists(SPANS, min_size=4, max_size=4).map(sorted))
def test_no_part_of_a_dropped_task_is_negative(end, stamps):
    found = columns(sent(0, 0, *stamps, end, outcome=DROPPED))
    assert all(np.isnan(found[part][0]) or found[part][0] >= 0.0 for part in PARTS)
