"""What would not work on macOS, found on Linux: calls that it lacks, its older make, BSD's tools, Linux's own files."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from commands import ROOT
from python_sources import python_sources

from normstudy import hardware

PLACES = ("src", "workflow", "benchmarks", "tests")
UNKNOWN = re.compile(r"^(.+?\.py:\d+): error: (.*)$", re.MULTILINE)


def only_on_linux(folder: Path) -> list[str]:
    """What mypy finds wrong with the Python files of `folder` for macOS and not for Linux: `file:line: what`."""
    found = {}
    for system in ("darwin", "linux"):
        command = [sys.executable, "-m", "mypy", "--platform", system, "--python-version", "3.11"]
        command += ["--config-file=", "--cache-dir=/dev/null", "--check-untyped-defs", "--no-error-summary"]
        command += ["--ignore-missing-imports", "--follow-imports=skip", "--explicit-package-bases"]
        answer = subprocess.run([*command, "."], cwd=folder, capture_output=True, text=True)
        assert answer.returncode in (0, 1), answer.stdout + answer.stderr  # 2: it gave up
        found[system] = Counter(f"{place}: {what}" for place, what in UNKNOWN.findall(answer.stdout))
    return list((found["darwin"] - found["linux"]).elements())


@pytest.mark.slow
def test_nothing_is_called_that_macos_lacks(tmp_path):
    sources = python_sources(*PLACES)
    assert len(sources) > 90
    for name, source in sources.items():
        path = tmp_path / (name if name.endswith(".py") else re.sub(r"\W", "_", name) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    assert only_on_linux(tmp_path) == []


def test_linuxs_own_files_are_read_in_one_place():
    """There, what is done without them is written next to it."""
    sources = python_sources("src", "workflow", "benchmarks")
    assert {name for name, text in sources.items() if re.search(r"""["'](/proc|/sys|/dev/shm)\b""", text)} == {
        "src/normstudy/hardware.py"
    }


GNU_ONLY = {
    r"sed\b.*(\\t|\\n|\\\+|\\\||\\s|\\w| -i| -r|--\w)": "sed 's/a/\\t/'",
    r"\b(nproc|timeout|setsid|tac|flock|realpath|mapfile|readarray)\b": "make -j$(nproc)",
    r"readlink\b.* -f": "readlink -f a",
    r"grep\b.* -\w*P": "grep -oP a",
    r"date\b.* (-d|-I|--\w)|date\b.*%N": "date -d yesterday",
    r"xargs\b.* (-r|-d)": "xargs -r rm",
    r"stat\b.* (-c|--\w)": "stat -c %s a",
    r"(cp|mv|ln|rm|mkdir|mktemp|expand|sort|head|tail|du|touch|chmod)\b.* --[a-z]": "cp --reflink a b",
    r"expand\b.* -t \d": "expand -t 18",
    r"cp\b.* -\w*[at]": "cp -a a b",
    r"(head|tail)\b.* -n -\d|head\b.* -c -": "head -n -1",
    r"echo -[ne]|\[\[|<<<|<\(|\$'|\bfunction |\bsource |&>|\bdeclare\b|\blocal -": "echo -e a",
    r"\$\(file |\$\(intcmp|\$\(let|::=|!=|\.ONESHELL|&:|--output-sync": "$(file >a,b)",
}
"""Patterns of what BSD's tools, make 3.81 or a plain sh do not know; with each, an example."""


def foreign(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() for pattern in GNU_ONLY if re.search(pattern, line)]


def shell_lines() -> dict[str, str]:
    """What users' shells and make read: the Makefile, the set-up's script, commands of README, steps on GitHub."""
    found = {name: (ROOT / name).read_text() for name in ("Makefile", "workflow/setup.sh")}
    readme = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    found["README.md"] = "\n".join(readme)
    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]
    found["tests.yml"] = "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    return {name: re.sub(r"^\s*#.*$|^[\w-]+:.*##.*$", "", text, flags=re.MULTILINE) for name, text in found.items()}


def test_shell_lines_keep_to_what_macos_has():
    lines = shell_lines()
    assert "make report" in lines["README.md"]
    assert "make test" in lines["tests.yml"]
    assert {name: foreign(text) for name, text in lines.items() if foreign(text)} == {}


def test_github_tries_linux_and_macos():
    job = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]["test"]
    assert job["strategy"]["matrix"]["system"] == ["ubuntu-latest", "macos-latest"]
    assert job["runs-on"] == "${{ matrix.system }}"


def test_no_more_cores_than_there_are_for_us(monkeypatch):
    """As in a container, whose quota of the machine's time is less than its cores; joblib's own tests go further."""
    import joblib.externals.loky.backend.context as context

    monkeypatch.setattr(context, "_cpu_count_cgroup", lambda _: 1)
    assert hardware.cores() == 1
    monkeypatch.undo()
    monkeypatch.setattr(context, "_cpu_count_affinity", lambda _: 1)
    assert hardware.cores() == 1


def test_the_processors_name_on_macos(monkeypatch, tmp_path):
    sysctl = tmp_path / "sysctl"
    sysctl.write_text('#!/bin/sh\n[ "$*" = "-n machdep.cpu.brand_string" ] && echo "Apple M9"\n')
    sysctl.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert hardware.processor() == "Apple M9"
    sysctl.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hardware.processor()
