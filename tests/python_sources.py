"""All Python of the project, wherever it stands, for the tests that look at it."""

import json
import re

from commands import ROOT


def python_sources(*places: str) -> dict[str, str]:
    """The text of every Python file in these folders, of the notebook, the report and the Snakefile, by its path."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text() for place in places for path in (ROOT / place).rglob("*.py")
    }
    notebook = json.loads((ROOT / "analysis/train.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    report = re.findall(r"^```\{python\}\n(.*?)^```", (ROOT / "report.qmd").read_text(), re.MULTILINE | re.DOTALL)
    assert len(cells) > 3
    assert len(report) > 10
    found |= {"analysis/train.ipynb": "\n".join(cells), "report.qmd": "\n".join(report)}
    snakefile = (ROOT / "workflow/Snakefile").read_text()
    return found | {"workflow/Snakefile": snakefile.partition("\nlocalrules:")[0]}
