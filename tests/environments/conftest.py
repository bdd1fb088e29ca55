from __future__ import annotations

import pytest
from cli.town import found

import qvecsim


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """A small scenario, loaded: six vehicles, six slots more than a second."""
    return qvecsim.load(found(tmp_path_factory.mktemp("gym")), "tasks.rate_hz=1.5")
