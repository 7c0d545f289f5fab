"""Opens a lineage page in a headless Chromium and uses it as a reader would.

Arguments: `story`, `awkward` or `large`, and the page's file. Standard input: the facts that the page must show.
"""

import json
import pathlib
import sys

from browser import Page, chromium


class Lineage(Page):
    """A page of lineage."""

    def bring(self, label):
        """Clicks a box where a reader sees it. Its label begins with this."""
        self.tab.locator("a.node", has_text=label).click()

    def panel(self):
        """The lines that a reader sees."""
        return "\n".join(filter(None, self.one("#panel").inner_text().splitlines()))

    def labels(self, selector):
        script = "(found) => found.map((node) => node.querySelector('title').textContent)"
        return self.tab.locator(selector).evaluate_all(script)

    def transform(self):
        return self.one("#scene").get_attribute("transform")

    def search(self, text):
        field = self.one("#find")
        field.clear()
        field.press_sequentially(text)
        return self.one("#hits").inner_text()


def story(page, facts):
    assert page.one("a.node").count() == facts["nodes"] and page.one("g.edge").count() == facts["edges"]
    assert not page.one("#panel").is_visible() and not page.one("#cards").is_visible()

    page.one("#fit").click()
    page.bring(f"training job {facts['job']}")
    shown = page.panel()
    assert facts["job"] in shown, shown
    assert f"eta\n{facts['eta']}" in shown, shown
    assert page.labels("a.node.picked")[0].startswith(f"training job {facts['job']}")
    path = page.labels("a.node.on")
    assert any(facts["commit_name"] in label for label in path) and len(path) < facts["nodes"], path

    link = [a for a in page.all("#panel a") if facts["data_name"] in a.inner_text()]
    assert link, shown
    link[0].click()
    assert facts["data"] in page.panel(), page.panel()

    # Others than the commit can name it.
    said = page.search(facts["commit"][:7])
    hits = page.labels("a.node.hit")
    assert said == f"{len(hits)} hit{'s' if len(hits) > 1 else ''}", said
    assert any(label.startswith("commit") and facts["commit_name"] in label for label in hits), hits
    seen = []
    for number in range(1, len(hits) + 1):
        page.one("#find").press("Enter")
        assert page.one("#hits").inner_text() == f"{number} of {len(hits)}"
        seen.append(page.panel())
    assert any(facts["commit"] in shown and shown.split("\n")[1].startswith("commit") for shown in seen), seen
    assert page.search("no such thing") == "0 hits"

    page.one("#find").press("Escape")
    assert not page.one("#panel").is_visible()
    assert not page.all(".chosen")

    before = page.transform()
    page.one("#in").click()
    zoomed = page.transform()
    assert zoomed != before
    page.one("#out").click()
    assert page.transform() != zoomed

    page.one("#fit").click()
    before = page.transform()
    # From an empty corner: the picture is never so wide and so high that it fills all four.
    figure = page.one("#graph").bounding_box()
    x, y = figure["x"] + 8, figure["y"] + 8
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x + 60, y + 40)
    page.tab.mouse.move(x + 80, y + 50)
    page.tab.mouse.up()
    assert page.transform() != before
    assert page.transform().split("scale")[1] == before.split("scale")[1]
    assert not page.one("#panel").is_visible(), "a drag is not a click"

    tick = page.one("#hide input[value=image]")
    tick.click()
    assert page.all("a.node.image") and not any(node.is_visible() for node in page.all("a.node.image"))
    assert page.all("g.edge.off")
    tick.click()
    assert page.all("a.node.image")[0].is_visible() and not page.all("g.edge.off")

    page.one("#list").click()
    assert page.one("#cards").is_visible()
    page.one("#list").click()


def awkward(page, facts):
    titles = [title.removeprefix("model ") for title in page.one("a.node title").all_text_contents()]
    for name in facts["names"]:
        assert name in titles, titles
        assert page.search(name.split()[0]) != "0 hits"
    page.one("#find").press("Enter")
    shown = page.one("#panel").text_content()
    assert all(name in shown for name in facts["names"]), shown
    assert len(page.all("script")) == 1 and not page.all("img") and not page.all("b")


def large(page, _):
    timing = page.tab.evaluate(
        "() => { const [t] = performance.getEntriesByType('navigation'); return [t.domInteractive, t.loadEventEnd]; }"
    )
    painted = page.tab.evaluate(
        "() => performance.getEntriesByType('paint').map((entry) => [entry.name, entry.startTime])"
    )
    search = page.tab.evaluate(
        """() => { const field = document.getElementById('find'); field.value = 'pipeline';
        const from = performance.now(); field.dispatchEvent(new Event('input')); return performance.now() - from; }"""
    )
    choose = page.tab.evaluate(
        """() => { const from = performance.now();
        document.querySelector('a.node.training-job').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
        document.body.getBoundingClientRect(); return performance.now() - from; }"""
    )
    print(f"loaded in {page.loaded:.2f} s; DOM and load event at {timing} ms; {painted}; search {search:.1f} ms; click {choose:.1f} ms")


with chromium() as browser:
    page = Lineage(browser, pathlib.Path(sys.argv[2]))
    checks = {"story": story, "awkward": awkward, "large": large}
    checks[sys.argv[1]](page, json.load(sys.stdin))
    page.quiet()
