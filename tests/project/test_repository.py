"""What the repository promises besides its code."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from commands import ROOT, run
from python_sources import python_sources

from normstudy.preview.page import unsupported_constructs

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_the_report_keeps_to_what_both_renderers_know():
    assert unsupported_constructs((ROOT / "report.qmd").read_text()) == []


def test_github_workflows_fit_their_schema():
    process = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert process.returncode == 0, process.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_least(path):
    text = path.read_text()
    workflow = yaml.safe_load(text)
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
    assert workflow["permissions"] in ({}, {"contents": "read"})
    writing = {
        (name, scope)
        for name, job in workflow["jobs"].items()
        for scope, level in job.get("permissions", {}).items()
        if level == "write"
    }
    assert writing <= {("deploy", "pages"), ("deploy", "id-token")}


def test_nothing_is_unpickled_or_evaluated():
    sources = python_sources("src", "workflow", "benchmarks")
    found = [f"{name}: {problem}" for name, source in sources.items() for problem in executes_data(source)]
    assert found == []


def executes_data(source: str) -> list[str]:
    """The places of `source` that would carry out code in the data that they read."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            if ast.unparse(node) not in HARMLESS_IMPORTS:
                found += [f"import {name}" for name in names if name.split(".")[0] in UNPICKLERS]
        elif isinstance(node, ast.Call):
            call, given = ast.unparse(node.func), {each.arg: ast.unparse(each.value) for each in node.keywords}
            safe = SAFE.get(call)
            if call in EXECUTING or (safe and given.get(safe[0]) != safe[1]):
                found.append(f"{call} in line {node.lineno}")
    return found


SAFE = {
    "np.load": ("allow_pickle", "False"),
    "torch.load": ("weights_only", "True"),
    "YAML": ("typ", "'safe'"),
}
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
HARMLESS_IMPORTS = {"from joblib import cpu_count"}
EXECUTING = {
    *("eval", "exec", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle", "pandas.read_pickle"),
    *("numpy.load", "torch.jit.load", "torch.hub.load"),
}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from joblib import cpu_count, load",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "yaml.load(text, Loader=yaml.Loader)",
        "YAML(typ='unsafe')",
        "pd.read_pickle(path)",
        "eval(text)",
    ],
)
def test_what_carries_out_data_would_be_found(source):
    assert len(executes_data(source)) == 1


def test_the_citation_file_names_its_authors():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "The normstudy authors"}]


def test_the_lock_has_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)
    assert {"torch", "torchvision", "jupyter", "matplotlib", "papermill", "snakemake"} <= set(pinned)
    assert "quarto-cli" not in pinned
    for text in (lock, (ROOT / "requirements-uv.lock").read_text()):
        assert "://" not in text
        blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert blocks
        assert all("--hash=sha256:" in block for block in blocks)


def test_make_help_lists_the_commands_of_the_readme():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("make report", "make test", "make setup", "make help", "make publish"):
        assert command in listed
    guides = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    readme = "\n".join(path.read_text() for path in guides)
    blocks = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    shell = [text for kind, text in blocks.findall(readme) if kind == "bash"]
    code = "\n".join([*shell, *re.findall(r"`[^`\n]+`", blocks.sub("", readme))])
    commands = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", code))
    assert len(commands) > 10
    for command in commands:
        assert f"make {command}" in listed, command


def test_every_test_runs_in_ci_and_every_night():
    """`make test` and `make test-slow` are each other's complement, and both are called."""
    makefile = (ROOT / "Makefile").read_text()
    recipe = r"^([a-z-]+):.*\n(?:\t.*\n)*?\t@\$\(PYTEST\) -n \d -m \"?([^\"\n]*?)\"?$"
    selections = dict(re.findall(recipe, makefile, re.MULTILINE))
    assert (selections["test"], selections["test-slow"]) == ("not slow", "slow")
    assert "-m" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"]
    (job,) = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"].values()
    for calls in ([step.get("run") for step in job["steps"]], (ROOT / ".ci/run").read_text().splitlines()):
        assert {"make test", "make test-slow"} <= set(calls)


def test_no_source_imports_upwards(tmp_path):
    """The contracts are in pyproject.toml."""
    lint = str(Path(sys.executable).with_name("lint-imports"))
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert "6 kept" in result.stdout
    # They would find one.
    copy = shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with open(copy / "normstudy/runs/timing.py", "a") as file:
        file.write("\nfrom normstudy.report.core import text\n")
    with open(copy / "normstudy/report/sections/graphs.py", "a") as file:
        file.write("\nfrom normstudy.report.sections import minute\n")
    code = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as c; c()"
    result = subprocess.run([sys.executable, "-c", code, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "normstudy.runs is not allowed to import normstudy.report" in result.stdout
    assert "normstudy.report.sections.graphs -> normstudy.report.sections.minute" in result.stdout


def test_nothing_in_the_package_knows_the_tools_above_it():
    for path in (ROOT / "src/normstudy").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) (snakemake|papermill)", path.read_text(), re.MULTILINE), path.name


def test_cells_of_the_report_only_print_sections():
    text = (ROOT / "report.qmd").read_text()
    _, *cells = re.findall(r"^```\{python\}\n(?:#\|[^\n]*\n)*(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(cells) > 10
    for cell in cells:
        assert len(ast.parse(cell).body) < 6, cell
        assert not re.search(r"\b(for|if|lambda)\b", cell), cell


def test_the_notebook_holds_no_logic():
    cells = json.loads((ROOT / "analysis/train.ipynb").read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert not re.search(r"^\s*(def|class|while|for|if)\b", text, re.MULTILINE)
