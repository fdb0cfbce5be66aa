"""Pages with their cells executed."""

from pathlib import PurePosixPath

import pytest

from normstudy.preview.article import NeedsQuartoError, Task, execute
from normstudy.preview.project import PreviewError

HEAD = "---\ntitle: A\n---\n\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_quarto.yml").write_text("project: {render: [a/*.qmd]}\nexecute: {echo: false, warning: false}\n")
    (tmp_path / "a").mkdir()
    return tmp_path


def executed(project, body, **environment):
    (project / "a/b.qmd").write_text(HEAD + body)
    if left := execute(project, [Task(PurePosixPath("a/b.qmd"), environment)]):
        raise left[0]
    return (project / "a/b.qmd").read_text()


def test_what_cells_show_stands_in_their_place_and_in_its_order(project):
    body = """```{python}
#| echo: true
import os, sys
from IPython.display import Markdown, display
print("one")
display(Markdown("**two**"))
print("three", file=sys.stderr)
print("four")
5
```

Here `{python} os.getcwd() == os.environ["HERE"]`, `{python} os.environ["QUARTO_DOCUMENT_FILE"]`, `code`.

```python
`{python} not + a + cell`
```
"""
    text = executed(project, body, HERE=str(project))
    assert text.startswith("---\ntitle: A\nengine: markdown\n---\n")
    shown = ["``` {.python .cell-code}\nimport os", "one", "**two**", "four", "5\n```", "True", "b\\.qmd", "`code`"]
    assert [text.index(each) for each in shown] == sorted(text.index(each) for each in shown)
    assert text.count("three") == 1  # in the code
    assert "`{python} not + a + cell`" in text


def test_options_of_folder_and_project_hold(project):
    (project / "a/_metadata.yml").write_text("execute: {echo: true}\nformat: {html: {code-fold: true}}\n")
    text = executed(
        project, '```{python}\n#| code-summary: "The \\"code\\""\n1\n```\n\n```{python}\n#| include: false\n2\n```\n'
    )
    assert '``` {.python .cell-code code-fold="true" code-summary="The &quot;code&quot;"}\n1\n```' in text
    assert "2\n" not in text


def test_warnings_are_shown_where_they_are_wanted(project):
    cell = "```{{python}}\n#| warning: {}\nimport sys\nprint('careful', file=sys.stderr)\n```\n"
    assert "careful" in executed(project, cell.format("true"))
    assert "careful" not in executed(project, cell.format("false"))


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (
            "## Part\n\n```{python}\n#| label: broken\n1 / 0\n```\n",
            ["a/b.qmd", "cell “broken”", "“Part”", "ZeroDivisionError: division by zero"],
        ),
        ("Words.\n\n## Deeper\n\nA value `{python} missing`.\n", ["`missing`", "“Deeper”", "NameError"]),
        ("```{python}\n1 +\n```\n", ["“1 +”", "SyntaxError"]),
        ("```{python}\nimport os\nos._exit(3)\n```\n", ["a/b.qmd", "died"]),
        ('```{python}\n#| label: fig-x\n#| fig-cap: "C"\n1 + 1;\n```\n', ["“fig-x”", "shows nothing"]),
        (
            "```{python}\nfrom IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\n```\n",
            ["no alternative text"],
        ),
    ],
)
def test_a_cell_that_fails_is_named(project, body, parts):
    with pytest.raises(PreviewError) as error:
        executed(project, body)
    assert "\n" not in str(error.value)
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ('```{python}\nfrom IPython.display import HTML\nHTML("<b>x</b>")\n```\n', "displays text/html"),
        ("`{python} None`\n", "an inline value must be text"),
        ("```{python}\n#| layout-ncol: 2\n1\n```\n", "line 6: cell option layout-ncol: 2"),
    ],
)
def test_what_only_quarto_knows_is_left_to_it(project, body, part):
    with pytest.raises(NeedsQuartoError, match=part):
        executed(project, body)
    assert (project / "a/b.qmd").read_text() == HEAD + body


def test_pages_know_nothing_of_each_other(project):
    for name in "bc":
        (project / f"a/{name}.qmd").write_text(
            f"{HEAD}```{{python}}\n#| include: false\nx = {name!r}\n```\n`{{python}} x`\n"
        )
    assert execute(project, [Task(PurePosixPath(f"a/{name}.qmd")) for name in "bc"]) == []
    assert [(project / f"a/{name}.qmd").read_text().strip()[-1] for name in "bc"] == ["b", "c"]
