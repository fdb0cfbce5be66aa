"""JavaScript outside any page, in node."""

import json
import shutil
import subprocess

import pytest

NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(not NODE, reason="there is no node here")


def run_in_node(source, given):
    """What `source`, which finds `given` as JSON on standard input, prints as JSON; nothing else may be said."""
    done = subprocess.run(
        [NODE, "-e", source], input=json.dumps(given), capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert not done.stderr
    assert done.returncode == 0
    return json.loads(done.stdout)
