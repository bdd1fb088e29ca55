from __future__ import annotations

import os
import shutil
import sys
import types

import pytest
from cli.town import found

import qvecsim
from qvecsim.reports.places import places
from qvecsim.reports.run import run_page

from .forging import forged, renamed

PLAN = """\
scenarios: town.yaml
schemes: [greedy, ralc]
replications: 2
set: {slots: 6}
sweep:
  keys.missing: [wait, drop]
"""


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with a town and ``run``, a run of it."""
    folder = tmp_path_factory.mktemp("reports")
    qvecsim.run(found(folder), "slots=20", out=folder / "run")
    return folder


@pytest.fixture
def here(place, monkeypatch):
    """The same, as the current folder."""
    monkeypatch.chdir(place)
    return place


@pytest.fixture(scope="session")
def study(place):
    """A study of the town in which some runs are compared."""
    (place / "plan.yaml").write_text(PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
        patch.chdir(place)
        list(qvecsim.batch("plan.yaml", out="study"))
    return place / "study"


@pytest.fixture(scope="session")
def hostile(place):
    """A run in which everything that may have a name has one that is markup, and its report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        run = forged(place / "run")
        patch.setattr("qvecsim.reports.run.places", lambda run, overrides: renamed(places(qvecsim.read("run"))))
        return run, run_page(run)


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium that writes down what it complains of and asks for."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (extra browser)")
    from selenium.webdriver.chrome.service import Service

    browsers = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("QVECSIM_CHROMIUM") or next(filter(None, map(shutil.which, browsers)), None)
    driver = os.environ.get("QVECSIM_CHROMEDRIVER") or shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("Chromium and its driver are not installed (QVECSIM_CHROMIUM, QVECSIM_CHROMEDRIVER)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    # A container has no sandbox for root, and little shared memory.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    yield window
    window.quit()
