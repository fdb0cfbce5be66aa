"""What the preview does not know is named with its line."""

import pytest
from small_site import FIXTURES

from normstudy.preview.constructs import unsupported_constructs


@pytest.mark.parametrize("page", ["report.qmd", "pages/a-study.qmd"])
def test_the_fixtures_keep_to_the_known_constructs(page):
    assert unsupported_constructs((FIXTURES / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "{{< embed run.ipynb#fig-a >}}",
        "`{{< pagebreak >}}`",
        '::: {.content-visible when-format="pdf"}',
        "::: {layout-ncol=2}",
        "::: {.column-page}",
        "::: {.callout-caution}",
        "::: panel-tabset",
        "::: {#lst-a}",
        "```{mermaid}",
        "```{=latex}",
        "```{python, echo=FALSE}",
        "  ```{python}",
        "```{.python filename='a.py'}",
        "A `<br>`{=html} break.",
        "A `{r} 1 + 1` value.",
        "See @eq-mean.",
        "See @Fig-line.",
        "$$ x $$ {#eq-mean}",
        "![A caption](a.png)",
        "![](a.png)",
        '![](a.png){fig-alt="A" fig-align="left"}',
        '![](https://example.org/a.png){fig-alt="A"}',
        "[words]{.smallcaps}",
        '[a link](https://example.org/a.csv){download="a.csv"}',
        ": A caption {#tbl-a}",
        "## Heading {.smaller}",
        "A <br> break.",
        r"\newpage",
    ],
)
def test_unknown_constructs_are_found(line):
    close = "\n```\n" if "```" in line else "\n"
    found = unsupported_constructs(f"---\ntitle: A\n---\n\nText.\n\n{line}{close}")
    assert len(found) == 1
    assert found[0].startswith("line 7: ")


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("echo: true", True),
        ("output: asis", True),
        ("output: false", True),
        ("label: fig-curves", True),
        ('fig-cap: "A caption"', True),
        ("renderings: [light, dark]", True),
        ("renderings: [light]", False),
        ("echo: fenced", False),
        ("layout-ncol: 2", False),
        ("no option", False),
    ],
)
def test_cell_options_are_checked(option, known):
    found = unsupported_constructs(f"---\ntitle: A\n---\n\n```{{python}}\n#| include: true\n#| {option}\n1\n```\n")
    assert [line.split(":")[0] for line in found] == ([] if known else ["line 7"])


@pytest.mark.parametrize("key", ["params: {a: 1}", "filters: [a.lua]", "execute: {cache: true}", "date: today"])
def test_unknown_front_matter_is_found(key):
    assert len(unsupported_constructs(f"---\ntitle: A\n{key}\n---\n")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Mathematics $a_{i=1} <b> \\gamma$ and\n\n$$\n\\sum_{i=1}^{n} {.x}\n$$\n",
        "Code `<br> \\newpage {.a}` and `{r}` stay.\n",
        "```python\n::: {.column-page}\n[x]{.y}\n```\n",
        "````\n```{ojs}\n```\n````\n",
        "<!-- [x]{.y}\n::: {.column-page} -->\n",
        "A set {a, b}, a price of 5$, <https://example.org>, a\\_b and me@eq-uation.org.\n",
        "See @fig-a, [-@tbl-b], [@wu2018, p. 3] and @sec-c.\n",
        '::: {.callout-tip collapse="true" title="A"}\nText.\n:::\n\n::: {.own-class}\nText.\n:::\n',
    ],
)
def test_plain_markdown_is_not_mistaken(text):
    assert unsupported_constructs(text) == []
