"""A checkout that sets itself up as the project does, of three small packages, from a mirror on this machine.

What is under test is the project's own: Makefile, `workflow/setup.sh` and `bootstrap.py`, with
the real pip and uv. Its `workflow/report.py` tells what reached it, in place of training.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from commands import ROOT

SITE = Path(sysconfig.get_path("purelib"))
OWN = ("Makefile", "workflow/setup.sh", "workflow/bootstrap.py")
TELLS = """import json, os, sys
import normstudy
print(json.dumps({"arguments": sys.argv[1:], "package": normstudy.__file__, "sample": __import__("sample").__file__}))
"""
PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "normstudy"
version = "0.1.0"

[tool.setuptools.packages.find]
where = ["src"]
"""


class Mirror:
    """A package index in a folder: uv and setuptools as they are installed here, and a package `sample`."""

    def __init__(self, folder: Path):
        self.folder, self.locks = folder, {}
        for name in ("uv", "setuptools"):
            files = {str(file): file.locate() for file in distribution(name).files}
            self.add(name, distribution(name).version, {key: path.read_bytes() for key, path in wanted(files).items()})
        self.add("sample", "1.0", sample_package("1.0"))

    def add(self, name: str, version: str, files: dict[str, bytes]) -> None:
        """Put a wheel of `files` into the index, by which the lock file of `name` pins it."""
        place = self.folder / "simple" / name
        place.mkdir(parents=True, exist_ok=True)
        wheel = place / f"{name}-{version}-py3-none-any.whl"
        record = f"{name}-{version}.dist-info/RECORD"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, content in files.items():
                info = zipfile.ZipInfo(path)
                info.external_attr = (0o100755 if ".data/scripts/" in path else 0o100644) << 16
                archive.writestr(info, content)
            archive.writestr(record, "".join(f"{path},,\n" for path in [*files, record]))
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        self.locks[name] = f"{name}=={version} --hash=sha256:{digest}\n"
        links = [f'<a href="{path.name}">{path.name}</a>' for path in sorted(place.glob("*.whl"))]
        (place / "index.html").write_text("<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")

    @contextmanager
    def served(self) -> Iterator[tuple[str, list[str]]]:
        """Its address, and the requests that come in."""
        requests: list[str] = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, _, request, *more):
                requests.append(str(request))

        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(self.folder))
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/", requests
        finally:
            server.shutdown()


def wanted(files: dict[str, Path]) -> dict[str, Path]:
    """Files of an installed package under the names that they have in its wheel."""
    info = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    kept = {}
    for name, path in files.items():
        if name.startswith("../../../bin/"):
            kept[f"{info.removesuffix('.dist-info')}.data/scripts/{Path(name).name}"] = path
        elif not name.endswith((".pyc", "RECORD", "INSTALLER", "REQUESTED", ".json")) and "/tests/" not in name:
            kept[name] = path
    return kept


def sample_package(version: str) -> dict[str, bytes]:
    info = f"sample-{version}.dist-info"
    return {
        "sample.py": f'VERSION = "{version}"\n'.encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: sample\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }


class Checkout:
    """A small checkout at `folder`, and a machine to use it on: its programs and its user's home in `machine`."""

    def __init__(self, folder: Path, machine: Path, mirror: Mirror | None = None):
        self.folder, self.machine = folder, machine
        for name in OWN:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.write("workflow/report.py", TELLS)
        self.write("src/normstudy/__init__.py", "")
        self.write("pyproject.toml", PYPROJECT)
        locks = mirror.locks if mirror else {}
        self.write("requirements-uv.lock", locks.get("uv", ""))
        self.write("requirements.lock", locks.get("setuptools", "") + locks.get("sample", ""))
        (machine / "home").mkdir(parents=True, exist_ok=True)
        self.program("python3", f"exec '{sys._base_executable}' \"$@\"")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name: str, script: str, place: Path | None = None) -> Path:
        """A program of the machine that is this shell script."""
        path = (place or self.machine / "bin") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def settings(self, name: str, text: str) -> None:
        """A file of the user's home."""
        path = self.machine / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join([str(self.machine / "bin"), "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.machine / "home"), "NO_PROXY": "127.0.0.1", **more}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def result(self, process: subprocess.CompletedProcess) -> dict:
        """What `workflow/report.py` printed; fails unless the command passed."""
        assert process.returncode == 0, process.stdout + process.stderr
        return json.loads(process.stdout.splitlines()[-1])
