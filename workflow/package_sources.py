"""Where packages come from on this machine: that alone is heeded of the user's settings for pip and uv.

A mirror, its certificate or a proxy is what makes an installation possible; where its packages go and which ones they
are is the set-up's business. Values may hold passwords: they go by the environment, and are never printed.
"""

from __future__ import annotations

import ast
import os
import re
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

PIP_HEEDED = {
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "keyring-provider"),
    *("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir"),
}
UV_HEEDED = re.compile(
    "UV_((DEFAULT_|EXTRA_)?INDEX(_.+)?|FIND_LINKS|INSECURE_HOST|KEYRING_PROVIDER|SYSTEM_CERTS|NATIVE_TLS|OFFLINE"
    "|HTTP_.+|REQUEST_TIMEOUT|CONCURRENT_.+|CACHE_DIR|NO_CACHE|LINK_MODE)"
)
DIVERTING = re.compile("PYTHON.*|__PYVENV_LAUNCHER__|VIRTUAL_ENV.*|DIST_EXTRA_CONFIG|SETUPTOOLS_.*|DISTUTILS_.*")
"""Variables by which an installation would see other Pythons, other packages, or another way to build."""

TRUE = {"1", "true", "yes", "on", "y", "t"}


def plain_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without anything that Python, pip or uv reads."""
    ours = ("PIP_", "UV_")
    return {key: value for key, value in environ.items() if not key.startswith(ours) and not DIVERTING.fullmatch(key)}


def pip_settings(python: str | Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Of the user's settings for pip, those that say where packages come from: names as of pip's options.

    pip itself is asked, for it knows where its files lie; a file that it cannot read is left aside, with a line.
    """
    heeded = {"PIP_" + _variable(name) for name in PIP_HEEDED} | {"PIP_CONFIG_FILE"}
    asked = plain_environment(environ) | {key: value for key, value in environ.items() if key in heeded}
    # Verbose, since a file may say `quiet`, which would silence the answer.
    command = [python, "-E", "-s", "-m", "pip", "config", "list", "-vvv", "--disable-pip-version-check"]
    process = subprocess.run(command, env=asked, capture_output=True, text=True, errors="replace")
    if process.returncode:
        print("pip's settings cannot be read and are left aside (`pip config list` says why).")
        return {}
    return _merged(process.stdout)


def _merged(listing: str) -> dict[str, str]:
    """What `pip config list` says, of later sources where they differ, as `pip install` takes it."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for source, name, value in re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", listing, re.MULTILINE):
        if name in PIP_HEEDED:
            found[source][name] = ast.literal_eval(value)
    return found["global"] | found["install"] | found[":env:"]


def pip_environment(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment in which pip has the `settings`, and no others."""
    given = {"PIP_" + _variable(name): value for name, value in settings.items()}
    if "index-url" not in settings and (index := _uv_own(environ).get("UV_DEFAULT_INDEX")):
        given["PIP_INDEX_URL"] = re.sub(r"^[\w.-]+=", "", index)  # uv's may begin with a name
    return plain_environment(environ) | given | {"PIP_CONFIG_FILE": os.devnull}


def uv_environment(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment in which uv fetches from where pip would by its `settings`, unless uv has its own."""
    proxy, hosts, finds = (settings.get(name, "") for name in ("proxy", "trusted-host", "find-links"))
    given = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(os.path.expanduser(place) for place in finds.split()),
        "UV_INSECURE_HOST": " ".join(hosts.split()),
        "UV_HTTP_TIMEOUT": settings.get("timeout", settings.get("default-timeout", "")).partition(".")[0],
        "UV_KEYRING_PROVIDER": "subprocess" if settings.get("keyring-provider") in {"subprocess", "import"} else "",
        "UV_SYSTEM_CERTS": "1" if has_system_certificates() else "",
        # pip looks for a version in all places; the lock's hashes keep strangers out.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        **_certificates(environ, settings),
        **(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), proxy) if not _has_proxy(environ) else {}),
    }
    plain, own = plain_environment(environ), _uv_own(environ)
    return {key: value for key, value in given.items() if value} | plain | own


def uv_options(settings: Mapping[str, str]) -> list[str]:
    """Options of uv for which there is no variable. What is heeded of uv's files stands in the environment."""
    return ["--no-config", *(["--no-index"] if settings.get("no-index", "").lower() in TRUE else [])]


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _certificates(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """By uv's names, the certificates that pip trusts and shows."""
    trusted = settings.get("cert") or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or ""
    kind = "SSL_CERT_DIR" if os.path.isdir(trusted) else "SSL_CERT_FILE"
    named = "SSL_CERT_FILE" in environ or "SSL_CERT_DIR" in environ
    return {kind: "" if named else trusted, "SSL_CLIENT_CERT": settings.get("client-cert", "")}


def _has_proxy(environ: Mapping[str, str]) -> bool:
    return any(key.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} for key in environ)


def _uv_own(environ: Mapping[str, str]) -> dict[str, str]:
    """What the user says of uv's sources in its variables and files; variables count first."""
    own = {key: value for key, value in environ.items() if UV_HEEDED.fullmatch(key) and value}
    for new, old in {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}.items():
        if old in own:
            own.setdefault(new, own.pop(old))
    return _uv_files(environ) | own


def _uv_files(environ: Mapping[str, str]) -> dict[str, str]:
    """As variables, what uv's files for the user and the machine say of its sources."""
    home = Path(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))
    places = [Path("/etc/uv/uv.toml"), home / "uv/uv.toml"]
    if environ.get("UV_CONFIG_FILE"):
        places = [Path(environ["UV_CONFIG_FILE"])]
    found: dict = {}
    for place in [] if environ.get("UV_NO_CONFIG") else places:
        try:
            settings = tomllib.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found |= settings.get("pip", {}) | settings
    indexes = [entry for entry in found.get("index", []) if not entry.get("explicit")]
    default = [_named(entry) for entry in indexes if entry.get("default")] + [found.get("index-url", "")]
    more = [_named(entry) for entry in indexes if not entry.get("default")] + found.get("extra-index-url", [])
    variables = {
        "UV_DEFAULT_INDEX": default[0],
        "UV_INDEX": " ".join(more),
        "UV_FIND_LINKS": ",".join(found.get("find-links", [])),
        "UV_INSECURE_HOST": " ".join(found.get("allow-insecure-host", [])),
        "UV_KEYRING_PROVIDER": found.get("keyring-provider", ""),
        "UV_CACHE_DIR": found.get("cache-dir", ""),
        "UV_LINK_MODE": found.get("link-mode", ""),
        "UV_OFFLINE": "1" if found.get("offline") else "",
    }
    return {key: value for key, value in variables.items() if value}


def _named(index: dict) -> str:
    return f"{index['name']}={index['url']}" if "name" in index else index["url"]


def has_system_certificates() -> bool:
    """Whether the machine has certificates of its own, among them perhaps a company's; pip trusts them, too."""
    paths = ssl.get_default_verify_paths()
    return sys.platform == "darwin" or bool(paths.cafile or (paths.capath and os.listdir(paths.capath)))
