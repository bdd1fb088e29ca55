"""Reports in headless Chromium: silent, asking for nothing, fitting the screen, and stepped by keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import qvecsim
from qvecsim.reports.report import report

from .reading import Page, expected

pytestmark = pytest.mark.browser
WIDTHS = {"phone": 390, "tablet": 800, "desktop": 1280}


def opened(chromium, path, width=1280, features=(), media=""):
    """The page on a screen of some width."""
    screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    told = [{"name": name, "value": value} for name, value in features]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": told})
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    chromium.get(path.as_uri())
    return chromium


def requests(chromium):
    """Every address that the browser asked for since the last question."""
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    return [told["params"]["request"]["url"] for told in messages if told["method"] == "Network.requestWillBeSent"]


def element(chromium, selector):
    return chromium.find_element("css selector", selector)


@pytest.fixture(params=["run", "study", "hostile"])
def path(request, here, study, hostile):
    """A report."""
    if request.param == "study":
        return report(study)
    if request.param == "run":
        return report("run")
    written = here / "hostile.html"
    written.write_text(hostile[1])
    return written


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_it_opens_without_a_word_or_a_request_and_fits(chromium, path, width):
    opened(chromium, path, width)
    assert chromium.get_log("browser") == []
    assert requests(chromium) == [path.as_uri()]
    wide, screen = chromium.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen == width
    assert chromium.execute_script("return document.images.length") == 0


@pytest.mark.parametrize(("features", "media"), [([("prefers-color-scheme", "dark")], ""), ([], "print")])
def test_it_fits_in_the_dark_and_on_paper(chromium, path, features, media):
    opened(chromium, path, 794, features, media)  # A4 at 96 dots an inch
    assert chromium.get_log("browser") == []
    wide, paper, ink = chromium.execute_script(
        "const style = getComputedStyle(document.body);"
        "return [document.documentElement.scrollWidth, style.backgroundColor, style.color]"
    )
    assert wide <= 794
    light, dark = sorted((paper, ink), key=brightness, reverse=True)
    assert brightness(light) - brightness(dark) > 180 * 3
    assert (paper == dark) == bool(features)


def brightness(colour):
    return sum(map(int, re.findall(r"[0-9]+", colour)[:3]))


def test_the_page_can_fetch_nothing(chromium, here):
    opened(chromium, report("run"))
    told = chromium.execute_async_script(
        """const done = arguments[0], told = [];
        document.addEventListener("securitypolicyviolation", event => told.push(event.effectiveDirective));
        const image = new Image();
        image.src = "http://127.0.0.1:9/x.png";
        document.body.append(image);
        const script = document.createElement("script");
        script.textContent = "window.forged = 1";
        document.body.append(script);
        fetch("http://127.0.0.1:9/").catch(() => setTimeout(() => done([...told, String(window.forged)]), 200));"""
    )
    assert sorted(told) == ["connect-src", "img-src", "script-src-elem", "undefined"]
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    reasons = [one["params"].get("blockedReason") for one in messages if one["method"] == "Network.loadingFailed"]
    assert set(reasons) == {"csp"}
    answers = [one["params"]["response"]["url"] for one in messages if one["method"] == "Network.responseReceived"]
    assert all(url.startswith("file:") for url in answers)


def test_the_script_tells_what_the_page_told(chromium, here):
    written = report("run")
    opened(chromium, written)
    without = re.sub(r"\s+", " ", "".join(Page(written.read_text()).words))
    for selector in (".pools", ".units", "#time", "#fleet"):
        words = chromium.execute_script("return document.querySelector(arguments[0]).textContent", selector)
        assert words in without


def test_the_map_is_stepped_by_keyboard(chromium, here):
    from selenium.webdriver.common.keys import Keys

    opened(chromium, report("run"), 390)
    slots = qvecsim.read("run").slots
    told = Page((here / "run.html").read_text()).map
    slider, time, fleet = (element(chromium, f"#{name}") for name in ("instant", "time", "fleet"))
    for key, frame in (
        (Keys.HOME, 0),
        (Keys.ARROW_RIGHT, 1),
        (Keys.ARROW_RIGHT, 2),
        (Keys.END, 19),
        (Keys.ARROW_LEFT, 18),
    ):
        slider.send_keys(key)
        assert slider.get_property("value") == str(frame)
        seconds = slots["time_s"].iloc[frame]
        right = "0 s" if not seconds else f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:g} ms"
        assert (time.text, slider.get_attribute("aria-valuetext")) == (right, right)
        assert fleet.text == str(slots["vehicles"].iloc[frame])
        cars = chromium.find_elements("css selector", ".car")
        assert len(cars) == told["offset"][frame + 1] - told["offset"][frame]
        stored = [int(one.get_property("value")) for one in chromium.find_elements("css selector", ".pools progress")]
        assert stored == told["stored"][frame]


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_it_plays_when_asked_and_stops(chromium, here, motion):
    opened(chromium, report("run"), 1280, [("prefers-reduced-motion", motion)])
    play, slider = element(chromium, "#play"), element(chromium, "#instant")
    before = int(slider.get_property("value"))
    chromium.execute_script("return new Promise(done => setTimeout(done, 300))")
    assert int(slider.get_property("value")) == before  # never by itself
    play.click()
    assert (play.text, play.get_attribute("aria-pressed")) == ("Pause", "true")
    chromium.execute_script("return new Promise(done => setTimeout(done, 700))")
    steps = int(slider.get_property("value")) - before
    assert steps == 0 if motion == "reduce" else 1 <= steps <= 6
    play.click()
    assert (play.text, play.get_attribute("aria-pressed")) == ("Play", "false")


def test_a_chart_tells_its_values_by_keyboard_and_pointer(chromium, here):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened(chromium, report("run"), 390)
    values = qvecsim.read("run").slots["in_flight"]
    figure = next(
        one for one in chromium.find_elements("css selector", "figure.chart") if "Tasks in flight" in one.text
    )
    drawing, read = (figure.find_element("css selector", selector) for selector in ("svg", ".read"))
    drawing.send_keys(Keys.HOME)
    assert read.text == f"0 s: {values.iloc[0]}"
    drawing.send_keys(Keys.ARROW_RIGHT)
    assert read.text == f"500 ms: {values.iloc[1]}"
    drawing.send_keys(Keys.END)
    assert read.text == f"9.5 s: {values.iloc[19]}"
    ActionChains(chromium).move_to_element(drawing).perform()
    assert re.fullmatch(r"[45](\.5)? s: [0-9]+", read.text)


@pytest.mark.slow
def test_the_report_of_urban_is_small_silent_and_right(chromium, tmp_path, monkeypatch):
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    qvecsim.run("scenarios/urban.yaml", out=tmp_path / "urban")
    written = report(tmp_path / "urban", "world.trace=traces/urban.fcd.xml.gz")
    assert written.stat().st_size < 5_000_000
    run, page = qvecsim.read(tmp_path / "urban"), Page(written.read_text())
    for value, origin, _ in page.numbers:
        right = expected(run, origin)
        assert value == right or float(value or "nan") == pytest.approx(float(right), rel=1e-12, nan_ok=True), origin
    for width in WIDTHS.values():
        opened(chromium, written, width)
        assert chromium.get_log("browser") == []
        assert requests(chromium) == [written.as_uri()]
