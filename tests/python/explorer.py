"""Walks through the explorer as a person would, in a headless Chromium.

Arguments: the address that `sagewarden serve` has printed, and axe-core's file. Standard input: {"endpoint", "job", "stopped"}, names in the
store that is served.
"""

import json
import pathlib
import sys

from browser import PATIENCE_MS, SIZE, chromium

BASE, AXE = sys.argv[1].rstrip("/"), pathlib.Path(sys.argv[2]).read_text()
# What a page may weigh, in bytes.
WEIGHT = 200_000
PHONE = {"width": 390, "height": 800}


class Walk:
    """A tab of the explorer, which keeps what it complains about and what it asks for."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**{"viewport": SIZE, **options})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(PATIENCE_MS)
        self.complaints, self.requests, self.weights = [], [], {}
        self.tab.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))

    def go(self, path, status=200):
        response = self.tab.goto(BASE + path)
        assert response.status == status, (path, response.status)
        if status == 200:
            assert len(response.body()) <= WEIGHT, (path, len(response.body()))

    def one(self, selector):
        return self.tab.locator(selector)

    def count(self, selector):
        return self.tab.locator(selector).count()

    def path(self):
        return self.tab.url.removeprefix(BASE)

    def narrow(self):
        wide = self.tab.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (self.tab.url, wide)

    def end(self):
        foreign = [url for url in self.requests if not url.startswith(BASE)]
        assert not foreign, foreign
        assert not self.complaints, self.complaints
        self.context.close()


def accessible(walk):
    """Nothing serious, in light and in dark."""
    for scheme in ["light", "dark"]:
        walk.tab.emulate_media(color_scheme=scheme)
        # The policy of a page lets no script in; what a debugger evaluates is none.
        walk.tab.evaluate(AXE + "; undefined")
        found = walk.tab.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        serious = [
            (each["id"], each["help"], [node["html"][:160] for node in each["nodes"][:3]])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert not serious, (walk.tab.url, scheme, serious)
    walk.tab.emulate_media(color_scheme="light")


def readable(walk):
    """Letters of the picture are at least twelve pixels high, and no two texts or boxes lie on each other."""
    found = walk.tab.evaluate(
        """() => {
        const scale = document.getElementById('scene').getScreenCTM().a;
        const shown = (element) => getComputedStyle(element).display !== 'none';
        const texts = [...document.querySelectorAll('#scene text')].filter(shown);
        const sizes = texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
        const boxes = [...document.querySelectorAll('#scene rect.box:not(.stack), #scene text.role')].filter(shown)
            .map((element) => element.getBoundingClientRect());
        let over = 0;
        boxes.forEach((one, index) => boxes.slice(index + 1).forEach((other) => {
            const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            if (wide > 2 && high > 3) over += 1;
        }));
        const frames = [...document.querySelectorAll('#scene a.node')];
        const out = frames.filter((node) => {
            const box = node.querySelector('rect.box').getBoundingClientRect();
            return [...node.querySelectorAll('text')].some((text) => text.getBoundingClientRect().right > box.right + 1);
        });
        return { small: Math.min(...sizes), over, out: out.map((node) => node.querySelector('title').textContent) };
        }"""
    )
    assert found["small"] >= 12 - 1e-6, found
    assert found["over"] == 0, found
    assert not found["out"], found["out"]


def searched(walk, facts):
    """From the first page by a search to a thing, and back."""
    walk.go("/")
    accessible(walk)
    walk.tab.keyboard.press("/")
    walk.tab.keyboard.type(facts["job"])
    walk.tab.keyboard.press("Enter")
    walk.tab.wait_for_url("**/search?**")
    accessible(walk)
    walk.one(f"tbody a:has-text('{facts['job']}')").first.click()
    assert "/training-job/" in walk.path(), walk.path()
    assert facts["job"] in walk.one("h1").inner_text()
    accessible(walk)
    walk.tab.go_back()
    assert walk.path().startswith("/search"), walk.path()
    walk.go("/training-job/" + facts["job"][:-1], 404)
    near = walk.one("#near").inner_text()
    assert facts["job"] in near, near
    # People are found by what they did: this one allowed an exception, and that one opened a notebook.
    walk.go("/search?q=jane.doe@example.com&format=json")
    assert "TRN-NET-01 is waived" in walk.one("body").inner_text()
    walk.go("/search?q=ben&format=json")
    assert "ben-scratch" in walk.one("body").inner_text()
    # Before it was created, nothing was known of a notebook.
    walk.go("/notebook-instance/ben-scratch")
    walk.go("/notebook-instance/ben-scratch?at=2026-03-02", 400)
    assert "was created" in walk.one("p.verdict").inner_text()
    walk.complaints.clear()
    accessible(walk)


def grown(walk, facts):
    """The picture grows by click, and its address is all that somebody else needs."""
    walk.go(f"/endpoint/{facts['endpoint']}")
    walk.one("text=Lineage graph").click()
    few = walk.count("a.node")
    readable(walk)
    accessible(walk)
    walk.one("a.handle").first.click()
    assert "open=" in walk.path(), walk.path()
    assert walk.count("a.node") > few
    readable(walk)
    walk.one("a.node.deployment").first.click()
    panel = walk.one("#panel").inner_text()
    assert "deployment" in panel and "Its own graph" in panel, panel
    shared = walk.tab.url
    other = Walk(walk.context.browser)
    other.tab.goto(shared)
    assert other.one("#panel").inner_text() == panel
    assert other.count("a.node") == walk.count("a.node")
    other.end()
    walk.one("#panel >> text=Only its path").click()
    assert "path=" in walk.path()
    assert 0 < walk.count("a.node") <= other_count(walk, shared)
    walk.tab.go_back()
    walk.one("summary:text-is('kinds and legend')").click()
    kinds = walk.count("a.node.deployment")
    walk.one("#hide input[value=deployment]").check()
    assert "hide=deployment" in walk.path(), walk.path()
    assert kinds and not walk.one("a.node.deployment").first.is_visible()
    # By keyboard: a box is a link, and Enter shows its facts.
    walk.go(f"/graph/endpoint/{facts['endpoint']}?depth=all")
    readable(walk)
    walk.one("a.node").last.focus()
    walk.tab.keyboard.press("Enter")
    assert walk.one("#panel").is_visible()
    walk.tab.keyboard.press("Escape")
    assert not walk.one("#panel").is_visible()


def other_count(walk, url):
    page = walk.context.new_page()
    page.goto(url)
    count = page.locator("a.node").count()
    page.close()
    return count


def dated(walk, facts):
    """The time is set by a day, and by a mark on the time line."""
    walk.go(f"/endpoint/{facts['endpoint']}")
    now = walk.count("ol.events li")
    walk.one("form.time input[type=date]").fill("2026-03-02")
    walk.tab.wait_for_url("**at=2026-03-02*")
    assert 0 < walk.count("ol.events li") < now
    walk.one("nav >> text=Controls").click()
    assert "at=2026-03-02" in walk.path(), "the time goes along"
    walk.tab.go_back()
    walk.one("form.time >> text=now").click()
    assert "at=" not in walk.path() and walk.count("ol.events li") == now
    walk.one(".strip svg a").first.click()
    assert "at=2026-03-04T" in walk.path(), walk.path()
    walk.go(f"/endpoint/{facts['endpoint']}?at=1999-01-01", 400)
    assert walk.count("p.present") == 0, "a page that says what is wrong shows no time"
    for present in ("/", "/waivers", "/controls"):
        walk.go(f"{present}?at=2026-03-02")
        assert walk.one("p.present").inner_text().startswith("This page shows the present, not 2026-03-02."), present
    assert walk.one("nav >> text=Findings").get_attribute("href") == "/findings", "findings have no time"
    walk.go("/inventory?at=2026-03-02")
    assert walk.count("p.present") == 0 and facts["endpoint"] in walk.one("table").inner_text()
    # The deployments of an endpoint lead through its pictures.
    walk.go(f"/graph/endpoint/{facts['endpoint']}")
    assert walk.count("div.strip a") >= 2, "a mark for each deployment"
    walk.one("div.strip a").first.click()
    walk.tab.wait_for_url("**at=2026-*")
    walk.complaints.clear()


def drifted(walk, facts):
    """Lines over the windows; a point leads to the report of its window, which runs no script."""
    walk.go(f"/drift/{facts['endpoint']}")
    accessible(walk)
    assert walk.count("article.line") >= 3 and walk.count("svg.windows circle") >= 10
    with walk.tab.expect_navigation():
        walk.one("svg.windows a").first.click()
    assert walk.path().startswith("/report/"), walk.path()
    assert "Drift of" in walk.one("h1").inner_text()
    # The sandbox says that it blocks the script.
    walk.complaints.clear()
    walk.tab.go_back()


def found(walk, facts):
    """From the list of findings to one, with why and fix."""
    walk.go("/findings")
    accessible(walk)
    walk.one(f"tbody a:has-text('{facts['stopped']}')").first.click()
    shown = walk.one("article.finding").first.inner_text()
    assert "FAILED" in shown and "fix" in shown, shown
    walk.go("/inventory")
    accessible(walk)
    assert facts["endpoint"] in walk.one("table").inner_text()
    walk.go("/controls?show=broken")
    accessible(walk)
    assert 0 < walk.count("tbody tr[id]") < 40
    head = walk.one("thead button", ).first
    head.click()
    head.click()
    assert walk.one("th[aria-sort=descending]").count() == 1


def on_a_phone(browser, facts):
    walk = Walk(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    for path in ["/", "/findings", "/inventory", "/controls", f"/endpoint/{facts['endpoint']}", f"/drift/{facts['endpoint']}"]:
        walk.go(path)
        walk.narrow()
    walk.go(f"/graph/endpoint/{facts['endpoint']}")
    walk.narrow()
    walk.one("a.node.root").tap()
    panel = walk.one("#panel").bounding_box()
    assert panel["y"] + panel["height"] <= PHONE["height"] + 1 and panel["height"] > 60, panel
    node = walk.one("a.node.root").bounding_box()
    assert node["y"] > 0 and node["y"] + node["height"] < panel["y"], (node, panel)
    walk.end()


def without_script(browser, facts):
    walk = Walk(browser, java_script_enabled=False)
    walk.go(f"/graph/endpoint/{facts['endpoint']}")
    walk.one("a.handle").first.click()
    assert "open=" in walk.path()
    walk.one("a.node.deployment").first.click()
    assert walk.path().startswith("/deployment/"), walk.path()
    walk.one("form.time input[type=date]").fill("2026-03-20")
    walk.one("form.time button").click()
    assert "at=2026-03-20" in walk.path()
    walk.one("#search").fill(facts["job"])
    walk.one("form.search button").click()
    assert facts["job"] in walk.one("#content").inner_text()
    walk.end()


def on_paper(walk, facts):
    # A catalogue is as long as it is: 277 controls.
    lists = [("/inventory", 1), ("/findings", 2), ("/remedies", 2), ("/search?q=credit", 2), ("/controls", 8)]
    reports = [f"/endpoint/{facts['endpoint']}", f"/graph/endpoint/{facts['endpoint']}", f"/drift/{facts['endpoint']}", "/"]
    for path, most in [*((report, 2) for report in reports), *lists]:
        walk.go(path)
        pages = walk.tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
        assert 1 <= pages <= most, (path, pages)


with chromium() as browser:
    facts = json.load(sys.stdin)
    walk = Walk(browser, reduced_motion="reduce")
    for step in [searched, grown, dated, drifted, found, on_paper]:
        step(walk, facts)
    walk.end()
    on_a_phone(browser, facts)
    without_script(browser, facts)
