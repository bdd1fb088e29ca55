from __future__ import annotations

import pytest
from cli.town import found

from qvecsim.runner import run


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """The scenario of a small town."""
    return found(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def sound(town, tmp_path_factory):
    """Its run folder, which no test changes."""
    return run(town, out=tmp_path_factory.mktemp("runs") / "sound").path
