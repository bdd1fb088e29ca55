from __future__ import annotations

import sys
import types

import pytest
from cli.town import found

import qvecsim

from .example import PLAN


@pytest.fixture(scope="session", autouse=True)
def _no_script():
    """Workers import the script that started them; here that is pytest, which they do not need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
        yield


@pytest.fixture(scope="session")
def place(tmp_path_factory, _no_script):
    """A town, its plan, and ``whole``: the study of it that one worker has made without a break."""
    folder = tmp_path_factory.mktemp("study")
    found(folder)
    (folder / "plan.yaml").write_text(PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        list(qvecsim.batch("plan.yaml", out="whole"))
    return folder


@pytest.fixture
def here(place, monkeypatch):
    """The same, as the current folder."""
    monkeypatch.chdir(place)
    return place
