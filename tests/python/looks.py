"""What every page has to look like."""


def readable(page):
    """Readable in light and in dark, and no wider than a narrow window."""
    grounds = []
    for scheme in ["light", "dark"]:
        page.tab.emulate_media(color_scheme=scheme)
        colours = page.tab.evaluate(
            "() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]; }"
        )
        light = [sum(map(int, colour[4:-1].split(","))) for colour in colours]
        assert abs(light[0] - light[1]) > 450, colours
        grounds.append(light[0])
    assert grounds[0] > 600 > 200 > grounds[1], grounds
    page.tab.set_viewport_size({"width": 400, "height": 800})
    wide = page.tab.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 400, wide
