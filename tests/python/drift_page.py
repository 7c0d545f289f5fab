"""Opens a report of drift in a headless Chromium, reads numbers off it and uses its filters.

Argument: the page's file. Standard input: the facts that the page must show.
"""

import json
import pathlib
import sys

from browser import Page, chromium
from looks import readable


def visible(page):
    return [card.get_attribute("data-feature") for card in page.all("#features > .card") if card.is_visible()]


def numbers(page, facts):
    summary = page.one("#summary")
    assert int(summary.get_attribute("data-rows")) == facts["rows"]
    assert int(summary.get_attribute("data-windows")) == len(facts["hours"])
    assert page.one("#drifted").inner_text() == str(facts["drifted"]), page.one("#drifted").inner_text()
    assert page.one("#drifted").is_visible()
    cards = {card.get_attribute("data-feature"): card for card in page.all("#features > .card")}
    assert set(cards) == set(facts["features"]), set(cards)
    for name, fact in facts["features"].items():
        card = cards[name]
        assert card.get_attribute("data-verdict") == fact["verdict"], (name, card.get_attribute("data-verdict"))
        assert float(card.get_attribute("data-distance")) == fact["distance"], name
        written = card.locator(".distance").first.text_content()
        assert abs(float(written) - fact["distance"]) < 1e-3, (name, written)
        points = card.locator("svg.trend circle").evaluate_all(
            "(found) => found.map((point) => [point.dataset.hour, Number(point.dataset.distance)])"
        )
        assert points == list(map(list, zip(facts["hours"], fact["trend"]))), (name, points)
    worst = page.one("#features > .card").first
    assert worst.get_attribute("data-feature") == facts["worst"], "the worst comes first"
    picture = worst.locator("figure svg").first
    size = picture.bounding_box()
    assert picture.is_visible() and size["width"] > 200 and size["height"] > 80, size
    assert facts["worst"] in picture.get_attribute("aria-label")
    lines = picture.locator("path.line").evaluate_all("(found) => found.map((line) => line.getTotalLength())")
    assert len(lines) == 2 and all(length > 200 for length in lines), lines
    score = page.one("#attribution [data-score]").first.get_attribute("data-score")
    assert abs(float(score) - facts["ndcg"]) < 1e-12, score


def filters(page, facts):
    names = facts["features"]
    assert sorted(visible(page)) == sorted(names)
    page.one("#violated").click()
    violated = sorted(name for name, fact in names.items() if fact["verdict"] == "violated")
    assert sorted(visible(page)) == violated and 0 < len(violated) < len(names)
    assert page.one("#shown").inner_text() == f"{len(violated)} of {len(names)} features"
    page.one("#violated").click()
    page.one("#differing").click()
    assert sorted(visible(page)) == sorted(facts["differing"]) and facts["differing"]
    page.one("#differing").click()
    search = page.one("#search")
    search.press_sequentially(facts["worst"].upper())
    assert visible(page) == [facts["worst"]]
    search.press("Escape")
    assert len(visible(page)) == len(names)
    search.press_sequentially("no such feature")
    assert visible(page) == [] and page.one("#shown").inner_text() == f"0 of {len(names)} features"
    search.press("Escape")
    details = page.one("#features > .card details").first
    details.locator("summary").click()
    assert "median" in details.inner_text(), details.inner_text()


def baseline(page, facts):
    """The baseline is named, and each feature has its moments and a histogram below the curve, with words that can be read."""
    shown = page.one("#baseline").inner_text()
    assert str(facts["baseline"]) in shown and "Where" in shown, shown
    worst = page.one("#features > .card").first
    moments = worst.locator(".moments").inner_text()
    assert all(word in moments for word in ["Mean", "Standard deviation", "Missing", "Different"]), moments
    curve, bars = [worst.locator(f"figure svg{kind}").bounding_box() for kind in (":not(.histogram)", ".histogram")]
    assert abs(curve["x"] - bars["x"]) < 2 and bars["y"] > curve["y"] + curve["height"] - 2, (curve, bars)
    sizes = page.one("#features figure svg text").evaluate_all(
        "(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize) * one.ownerSVGElement.getScreenCTM().a)"
    )
    assert min(sizes) >= 10, min(sizes)
    high = worst.locator(".histogram .bar").evaluate_all("(all) => all.map((one) => one.getBBox().height)")
    assert len(high) == 2 and max(high) > 100, high
    texts = page.one("#features > .card table.shares").first
    assert texts.is_visible() and "plain" not in texts.inner_text()
    words = page.one("#words").inner_text()
    assert "LInfinity" in words and "Robust" in words


def named_heads(page):
    """A table has no head without words: a screen reader would read it out as nothing."""
    assert not [head for head in page.all("th") if not head.text_content().strip()]


def on_paper(page):
    pages = page.tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 1 <= pages <= 2, pages


def text_only(page, facts):
    """What users named is text."""
    assert len(page.all("script")) == 1 and not page.all("img") and not page.all("b")
    shown = page.one("body").text_content()
    assert all(name in shown for name in facts["features"])


with chromium() as browser:
    page = Page(browser, pathlib.Path(sys.argv[1]))
    facts = json.load(sys.stdin)
    numbers(page, facts)
    filters(page, facts)
    text_only(page, facts)
    named_heads(page)
    baseline(page, facts)
    on_paper(page)
    readable(page)
    page.quiet()
