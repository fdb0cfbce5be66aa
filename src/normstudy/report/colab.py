"""Where a reader can run a published notebook himself: in Google's Colab, once the repository is on GitHub."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote


def invitation(notebook: PurePosixPath, environ: Mapping[str, str] = os.environ) -> str:
    """Markdown with a link that opens `notebook`, its path in the repository, and what has to be installed there.

    Nothing where it is not known which repository and commit this is: GitHub's workflows know it
    (https://docs.github.com/actions/reference/workflows-and-actions/variables).
    """
    repository, commit = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_SHA", "")
    if not (re.fullmatch(r"[\w.-]+/[\w.-]+", repository) and re.fullmatch(r"[0-9a-f]{40,64}", commit)):
        return ""
    address = f"https://colab.research.google.com/github/{repository}/blob/{commit}/{quote(str(notebook))}"
    install = f"%pip install git+https://github.com/{repository}@{commit}"
    return (
        f"[Open this notebook in Colab]({address}) to run it there. A new first cell has to install the project:\n\n"
        f"```\n{install}\n```\n"
    )
