"""What every page of the site has besides its text, whichever renderer made it: icon, card and scripts of `theme/`."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

CARD = "card.png"
"""The picture that is shown next to a link to the report: 1200 by 630 pixels, as those who show it ask for."""

EXTRAS = (CARD, "404.html")
"""Files of `theme/` that lie next to the report. A host shows the second at any address that leads nowhere."""


def finished(page: str, theme: Path, address: str | None = None) -> str:
    """`page`, the text of an HTML file, with the icon in its head and the scripts of `theme` at its end.

    With an `address`, of the folder in which the report lies, also with what others show of a link to it. An
    empty one stands for a site that does not know its own: most of those ask for a whole address of the picture.
    """
    icon = base64.b64encode((theme / "icon.svg").read_bytes()).decode()
    head = [f'<link rel="icon" href="data:image/svg+xml;base64,{icon}">']
    if address is not None:
        head += _card(page, address)
    scripts = [f"<script>\n{{\n{path.read_text(encoding='utf-8')}}}\n</script>" for path in sorted(theme.glob("*.js"))]
    page = page.replace("</head>", "\n".join([*head, "</head>"]), 1)
    before, end, after = page.rpartition("</body>")
    return before + "\n".join([*scripts, end]) + after


def put_extras(theme: Path, output: Path) -> None:
    """Copy the `EXTRAS` into the site `output`."""
    for name in EXTRAS:
        shutil.copyfile(theme / name, output / name)


def _card(page: str, address: str) -> list[str]:
    """The Open Graph protocol's tags (https://ogp.me) of a page with a title and, it may be, a description."""
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    description = re.search(r'<meta name="description" content="([^"]*)"', page)
    folder = f"{address.rstrip('/')}/" if address else ""
    tags = {
        "og:type": "article",
        "og:title": title[1].strip() if title else "",
        "og:description": description[1] if description else "",
        "og:url": folder,
        "og:image": f"{folder}{CARD}",
    }
    lines = [f'<meta property="{name}" content="{content}">' for name, content in tags.items() if content]
    return [*lines, '<meta name="twitter:card" content="summary_large_image">']
