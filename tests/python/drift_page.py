"""Opens a report of drift in a headless Chromium, reads numbers off it and uses its filters.

Argument: the page's file. Standard input: the facts that the page must show.
"""

import json
import pathlib
import sys
import tempfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Browser


def visible(page):
    return [card.get_attribute("data-feature") for card in page.all("#features > .card") if card.is_displayed()]


def numbers(page, facts):
    summary = page.one("#summary")
    assert int(summary.get_attribute("data-rows")) == facts["rows"]
    assert int(summary.get_attribute("data-windows")) == len(facts["hours"])
    assert page.one("#drifted").text == str(facts["drifted"]), page.one("#drifted").text
    assert page.one("#drifted").is_displayed()
    cards = {card.get_attribute("data-feature"): card for card in page.all("#features > .card")}
    assert set(cards) == set(facts["features"]), set(cards)
    for name, fact in facts["features"].items():
        card = cards[name]
        assert card.get_attribute("data-verdict") == fact["verdict"], (name, card.get_attribute("data-verdict"))
        assert float(card.get_attribute("data-distance")) == fact["distance"], name
        told = page.run("return arguments[0].querySelector('.distance').textContent", card)
        assert abs(float(told) - fact["distance"]) < 1e-3, (name, told)
        points = page.run(
            """return [...arguments[0].querySelectorAll('svg.trend circle')]
                .map((point) => [point.dataset.hour, Number(point.dataset.distance)])""",
            card,
        )
        assert points == list(map(list, zip(facts["hours"], fact["trend"]))), (name, points)
    worst = page.one("#features > .card")
    assert worst.get_attribute("data-feature") == facts["worst"], "the worst comes first"
    picture = worst.find_element(By.CSS_SELECTOR, "figure svg")
    assert picture.is_displayed() and picture.size["width"] > 200 and picture.size["height"] > 80, picture.size
    assert facts["worst"] in picture.get_attribute("aria-label")
    lines = page.run("return [...arguments[0].querySelectorAll('path.line')].map((line) => line.getTotalLength())", picture)
    assert len(lines) == 2 and all(length > 200 for length in lines), lines
    score = page.one("#attribution [data-score]").get_attribute("data-score")
    assert abs(float(score) - facts["ndcg"]) < 1e-12, score


def filters(page, facts):
    names = facts["features"]
    assert sorted(visible(page)) == sorted(names)
    page.one("#violated").click()
    violated = sorted(name for name, fact in names.items() if fact["verdict"] == "violated")
    assert sorted(visible(page)) == violated and 0 < len(violated) < len(names)
    assert page.one("#shown").text == f"{len(violated)} of {len(names)} features"
    page.one("#violated").click()
    page.one("#differing").click()
    assert sorted(visible(page)) == sorted(facts["differing"]) and facts["differing"]
    page.one("#differing").click()
    search = page.one("#search")
    search.send_keys(facts["worst"].upper())
    assert visible(page) == [facts["worst"]]
    search.send_keys(Keys.ESCAPE)
    assert len(visible(page)) == len(names)
    search.send_keys("no such feature")
    assert visible(page) == [] and page.one("#shown").text == f"0 of {len(names)} features"
    search.send_keys(Keys.ESCAPE)
    details = page.one("#features > .card details")
    details.find_element(By.CSS_SELECTOR, "summary").click()
    assert "median" in details.text, details.text


def looks(page):
    """Readable in light and in dark, and no wider than a narrow window."""
    grounds = []
    for scheme in ["light", "dark"]:
        page.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        colours = page.run("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
        light = [sum(map(int, colour[4:-1].split(","))) for colour in colours]
        assert abs(light[0] - light[1]) > 450, colours
        grounds.append(light[0])
    assert grounds[0] > 600 > 200 > grounds[1], grounds
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    wide = page.run("return document.documentElement.scrollWidth")
    assert wide <= 400, wide


def text_only(page, facts):
    """What users named is text."""
    assert len(page.all("script")) == 1 and not page.all("img") and not page.all("b")
    shown = page.run("return document.body.textContent")
    assert all(name in shown for name in facts["features"])


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    page = Browser(pathlib.Path(sys.argv[1]), profile)
    try:
        facts = json.load(sys.stdin)
        # An open alert makes each of these steps fail.
        numbers(page, facts)
        filters(page, facts)
        text_only(page, facts)
        looks(page)
        page.quiet()
    finally:
        page.browser.quit()
