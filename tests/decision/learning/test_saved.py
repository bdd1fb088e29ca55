from __future__ import annotations

import zipfile
from contextlib import suppress

import numpy as np
import pytest

from qvecsim.decision.learning import saved
from qvecsim.errors import ResultError


@pytest.fixture
def learned(rng):
    return {
        "cores": rng.standard_normal((3, 2, 4, 4)),
        "head": rng.standard_normal(5).astype(np.float32),
        "steps": np.array(7),
        "scheme": np.array("tnqdrl"),
    }


def test_what_is_written_is_read(tmp_path, learned, xp):
    given = {name: xp.asarray(array) if array.dtype.kind != "U" else array for name, array in learned.items()}
    total = saved.save(tmp_path / "learned.npz", given)
    found = saved.read(tmp_path / "learned.npz")
    assert found.keys() == learned.keys()
    for name, array in learned.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert total == saved.digest(found) == saved.digest(learned)
    assert [path.name for path in tmp_path.iterdir()] == ["learned.npz"]


def test_equal_arrays_make_equal_files(tmp_path, learned):
    saved.save(tmp_path / "one.npz", learned)
    saved.save(tmp_path / "two.npz", dict(reversed(learned.items())))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.parametrize("change", ["value", "name", "shape", "dtype"])
def test_the_sum_is_over_all_that_matters(learned, change):
    other = dict(learned)
    if change == "name":
        other["heads"] = other.pop("head")
    else:
        head = other["head"]
        other["head"] = {"value": head + 1, "shape": head[:, None], "dtype": head.astype(np.float64)}[change]
    assert saved.digest(other) != saved.digest(learned)


def test_edited_and_damaged_files_are_refused(tmp_path, learned):
    path = tmp_path / "learned.npz"
    saved.save(path, learned)
    whole = path.read_bytes()
    with np.load(path) as file:
        edited = {**file, "head": file["head"] + 1}
    np.savez(path, **edited)
    with pytest.raises(ResultError, match="must have the SHA-256 that it names"):
        saved.read(path)
    for size in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:size])
        with pytest.raises(ResultError, match="must hold arrays"):
            saved.read(path)
    for place in range(0, len(whole), 13):
        turned = bytearray(whole)
        turned[place] ^= 0xFF
        path.write_bytes(turned)
        with suppress(ResultError):
            assert saved.digest(saved.read(path)) == saved.digest(learned)  # a byte that zip itself does not look at
    with pytest.raises(ResultError, match=r"must be a file \(got none\)"):
        saved.read(tmp_path / "none.npz")


def test_pickled_objects_are_neither_written_nor_read(tmp_path):
    path = tmp_path / "objects.npz"
    with pytest.raises(ResultError, match="must be numbers or text"):
        saved.save(path, {"bad": np.array([object()])})
    assert not path.exists()
    np.savez(path, bad=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ResultError, match="without pickled objects"):
        saved.read(path)
    with pytest.raises(ResultError, match="'arrays' must not have the name 'sha256'"):
        saved.save(path, {"sha256": np.zeros(1)})


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("notes.txt", "no array")
    with pytest.raises(ResultError):
        saved.read(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ResultError, match="one array without a name"):
        saved.read(path)
    path.write_text("not even a zip")
    with pytest.raises(ResultError, match="must hold arrays"):
        saved.read(path)
