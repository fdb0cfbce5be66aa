"""Which changes of the sources make a run outdated."""

import re
import shutil

import grimp
import pytest

from normstudy.training import sources
from normstudy.training.sources import DECISIVE_SOURCES, OTHER_SOURCES, PACKAGE, meaning, sources_hash

SOURCE = '''"""What this is."""

from math import cos, sin

from normstudy.data.loading import Data, load

RATE = 0.5
"""Of what."""


def step(x: float, *, scale=None) -> float:
    """One step."""
    # why
    return RATE * sin(x) if scale is None else scale
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, in which sources may be changed."""
    copy = shutil.copytree(PACKAGE, tmp_path / "normstudy", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "PACKAGE", copy)
    return copy


def test_each_module_that_training_imports_is_decisive_or_has_a_reason_not_to_be():
    imported = grimp.build_graph("normstudy").find_upstream_modules("normstudy.training.loop")
    files = {
        f"{name.removeprefix('normstudy.').replace('.', '/')}.py" for name in [*imported, "normstudy.training.loop"]
    }
    assert {*DECISIVE_SOURCES} | {*OTHER_SOURCES} == files
    assert not {*DECISIVE_SOURCES} & {*OTHER_SOURCES}


def test_a_change_in_any_decisive_source_counts_and_in_others_none(package):
    before = sources_hash()
    (package / "report/labels.py").write_text("another = 1")
    assert sources_hash() == before
    seen = {before}
    for name in DECISIVE_SOURCES:
        with open(package / name, "a") as file:
            file.write("\nanother = 1\n")
        seen.add(sources_hash())
    assert len(seen) == 1 + len(DECISIVE_SOURCES)


def test_comments_and_docstrings_of_the_real_sources_do_not_count(package):
    before = sources_hash()
    for name in DECISIVE_SOURCES:
        text = (package / name).read_text()
        changed = re.sub(r'^(\s*)"""[A-Z]', r'\1"""Now otherwise: ', text, flags=re.MULTILINE)
        changed = re.sub(r"  # .*$", "  # because", changed, flags=re.MULTILINE)
        assert changed != text, name
        (package / name).write_text(changed + "# the end\n")
    assert sources_hash() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What this is.", "Something else."),
        ('"""One step."""\n    ', ""),
        ("# why", "# because"),
        ('"""Of what."""\n', ""),
        ("from normstudy.data.loading import Data, load", "from normstudy.data import load, Data"),
        ("from math import cos, sin\n\nfrom normstudy.data.loading import Data, load",
         "from normstudy.data.loading import Data, load\nfrom math import sin, cos"),
        ("RATE * sin(x) if scale is None else scale", "(\n        RATE * sin(x)\n      if scale is None\n else scale)"),
    ],
)  # fmt: skip
def test_what_says_the_same_to_python(old, new):
    assert old in SOURCE
    assert meaning(SOURCE.replace(old, new)) == meaning(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5", "0.25"),
        ("0.5", "1 / 2"),
        ("cos, sin", "cos, tan as sin"),
        ("from math", "from cmath"),
        ("Data, load", "Data, load as loads"),
        ("RATE * sin", "sin"),
        ("scale=None", "scale=False"),
        ("x: float, *, scale=None", "x: float, scale=None"),
        ("is None", "is not None"),
        ("return RATE", "yield RATE"),
        ("    # why", "    x += 1"),
    ],
)
def test_what_says_something_else_to_python(old, new):
    assert old in SOURCE
    assert meaning(SOURCE.replace(old, new)) != meaning(SOURCE)


def test_every_version_of_python_gives_the_same():
    """Written down once: a version that writes these trees otherwise would outdate all runs."""
    assert meaning("def f(x, /, *a, k=None, **b):\n    return f'{x!r:>{k}}' or [*a, ..., 1e3, -0.0, {**b}]") == (
        "(FunctionDef name='f' args=(arguments posonlyargs=[(arg arg='x')] vararg=(arg arg='a') "
        "kwonlyargs=[(arg arg='k')] kw_defaults=[(Constant )] kwarg=(arg arg='b')) body=[(Return value=(BoolOp "
        "op=(Or ) values=[(JoinedStr values=[(FormattedValue value=(Name id='x') conversion=114 "
        "format_spec=(JoinedStr values=[(Constant value='>') (FormattedValue value=(Name id='k') "
        "conversion=-1)]))]) (List elts=[(Starred value=(Name id='a')) (Constant value=Ellipsis) "
        "(Constant value=1000.0) (UnaryOp op=(USub ) operand=(Constant value=0.0)) "
        "(Dict keys=[None] values=[(Name id='b')])])]))])"
    )
