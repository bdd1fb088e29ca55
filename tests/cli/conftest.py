from __future__ import annotations

import pytest

from .town import found


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The scenario of a small town; the current folder is an empty one beside it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return found(tmp_path / "town")
