"""What an accessibility checker finds on the pages of the published runs, through both renderers."""

import pytest
from readers import NEEDS_CHROMIUM, RENDERERS, browser_on, faults


def a_notebook_page(folder):
    return min(path.relative_to(folder).as_posix() for path in folder.glob("notebooks/**/*.html"))


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@NEEDS_CHROMIUM
def test_the_pages_are_accessible(site, renderer, scheme, width):
    found = []
    with browser_on(site(renderer), width, scheme) as (page, here):
        page.set_default_timeout(300_000)
        for name in ("index.html", a_notebook_page(site(renderer))):
            page.goto(here + name, wait_until="networkidle")
            found += [f"{name}: {fault}" for fault in faults(page)]
    assert found == []
