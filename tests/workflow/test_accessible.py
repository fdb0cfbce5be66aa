"""What an accessibility checker finds on the pages of the published runs, through both renderers."""

import pytest
from readers import NEEDS_CHROMIUM, RENDERERS, browser_on, faults


def a_notebook_page(folder):
    return min(path.relative_to(folder).as_posix() for path in folder.glob("notebooks/**/*.html"))


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        (1280, "light"),
        pytest.param(390, "light", marks=pytest.mark.thorough),  # of these widths and colours each is seen above
        pytest.param(1280, "dark", marks=pytest.mark.thorough),
    ],
)
@NEEDS_CHROMIUM
def test_the_pages_are_accessible(site, renderer, width, scheme):
    found = []
    with browser_on(site(renderer), width, scheme) as (page, here):
        page.set_default_timeout(300_000)
        for name in ("index.html", a_notebook_page(site(renderer))):
            page.goto(here + name, wait_until="networkidle")
            found += [f"{name}: {fault}" for fault in faults(page)]
    assert found == []
