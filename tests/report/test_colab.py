"""The link under which a published notebook can be run."""

from pathlib import PurePosixPath

import pytest

from normstudy.report.colab import invitation

NOTEBOOK = PurePosixPath("results/gn4 x/train.ipynb")
SHA = "0123456789abcdef0123456789abcdef01234567"


def test_it_names_repository_commit_and_notebook():
    text = invitation(NOTEBOOK, {"GITHUB_REPOSITORY": "someone/norm-study", "GITHUB_SHA": SHA})
    assert (
        f"(https://colab.research.google.com/github/someone/norm-study/blob/{SHA}/results/gn4%20x/train.ipynb)" in text
    )
    assert f"%pip install git+https://github.com/someone/norm-study@{SHA}\n" in text


@pytest.mark.parametrize("found", [{}, {"GITHUB_SHA": SHA}, {"GITHUB_REPOSITORY": "a/b)](x", "GITHUB_SHA": SHA}])
def test_there_is_none_where_the_repository_is_not_known(found):
    assert invitation(NOTEBOOK, found) == ""
