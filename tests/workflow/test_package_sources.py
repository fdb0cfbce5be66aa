"""What is heeded, when packages are installed, of a user's settings for Python, pip and uv, and what is not."""

import os
import subprocess
import sys

import pytest
from commands import ROOT

sys.path.insert(0, str(ROOT / "workflow"))
import package_sources

HEEDED = {
    "PIP_INDEX_URL": {"UV_DEFAULT_INDEX": "https://u:secret@mirror/simple"},
    "PIP_EXTRA_INDEX_URL": {"UV_INDEX": "https://u:secret@mirror/simple", "UV_INDEX_STRATEGY": "unsafe-best-match"},
    "PIP_FIND_LINKS": {"UV_FIND_LINKS": "https://u:secret@mirror/simple"},
    "PIP_TRUSTED_HOST": {"UV_INSECURE_HOST": "https://u:secret@mirror/simple"},
    "PIP_CERT": {"SSL_CERT_FILE": "https://u:secret@mirror/simple"},
    "PIP_CLIENT_CERT": {"SSL_CLIENT_CERT": "https://u:secret@mirror/simple"},
    "PIP_PROXY": dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "https://u:secret@mirror/simple"),
    "UV_DEFAULT_INDEX": {"UV_DEFAULT_INDEX": "https://u:secret@mirror/simple"},
    "UV_INDEX_URL": {"UV_DEFAULT_INDEX": "https://u:secret@mirror/simple"},
    "UV_INDEX": {"UV_INDEX": "https://u:secret@mirror/simple"},
    "UV_EXTRA_INDEX_URL": {"UV_INDEX": "https://u:secret@mirror/simple"},
    **{
        name: {name: "https://u:secret@mirror/simple"}
        for name in (
            *("UV_INDEX_COMPANY_PASSWORD", "UV_FIND_LINKS", "UV_INSECURE_HOST", "UV_CACHE_DIR", "UV_LINK_MODE"),
            *("UV_OFFLINE", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES", "UV_CONCURRENT_DOWNLOADS", "UV_KEYRING_PROVIDER"),
            *("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "NETRC", "HOME", "PATH"),
        )
    },
}
"""By variable, what uv sees of it."""

IGNORED = [
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PIP_CONSTRAINT", "PIP_PYTHON"),
    *("PIP_NO_DEPS", "PIP_NO_BINARY", "PIP_ONLY_BINARY", "PIP_REQUIREMENT", "PIP_DRY_RUN", "PIP_LOG", "PIP_QUIET"),
    *("PIP_BREAK_SYSTEM_PACKAGES", "PIP_BUILD_CONSTRAINT", "PIP_IGNORE_INSTALLED", "PIP_PLATFORM", "PIP_SRC"),
    *("UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE"),
    *("UV_EXCLUDE_NEWER", "UV_NO_DEPS", "UV_REQUIRE_HASHES", "UV_NO_VERIFY_HASHES", "UV_PROJECT_ENVIRONMENT"),
    *("UV_BREAK_SYSTEM_PACKAGES", "UV_NO_BINARY", "UV_NO_BUILD", "UV_BUILD_CONSTRAINT", "UV_TORCH_BACKEND"),
    *("UV_RESOLUTION", "UV_PRERELEASE", "UV_NO_EDITABLE", "UV_MANAGED_PYTHON", "UV_PROJECT", "UV_WORKING_DIR"),
    *("UV_NO_BUILD_ISOLATION", "UV_PYTHON_DOWNLOADS", "UV_CONFIG_FILE", "UV_NO_CONFIG", "UV_ENV_FILE"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONSAFEPATH", "PYTHONOPTIMIZE", "PYTHONUSERBASE"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPLATLIBDIR", "PYTHONWARNINGS", "PYTHONPYCACHEPREFIX", "PYTHONUTF8"),
    *("__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "DIST_EXTRA_CONFIG", "SETUPTOOLS_USE_DISTUTILS", "DISTUTILS_DEBUG"),
]
"""Variables that neither pip nor uv nor a build sees."""

VALUE = "https://u:secret@mirror/simple"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without settings, and no variables of pip's and uv's from the outside; pip's files of the machine stay."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "SSL_", "XDG_")) or "PROXY" in name.upper() or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def settings(**variables):
    return package_sources.pip_settings(sys.executable, {**os.environ, **variables})


def both(**variables):
    """The environments of pip and of uv on a machine with these variables."""
    environ, found = {**os.environ, **variables}, settings(**variables)
    return package_sources.pip_environment(environ, found), package_sources.uv_environment(environ, found)


@pytest.mark.parametrize("name", HEEDED)
def test_where_packages_come_from_is_heeded(home, name):
    environ = {**os.environ, name: VALUE, "PIP_CONFIG_FILE": os.devnull}
    found = package_sources.pip_settings(sys.executable, environ) if name.startswith("PIP_") else {}
    uv = package_sources.uv_environment(environ, found)
    for variable, value in HEEDED[name].items():
        assert uv[variable] == value
    if name.startswith("PIP_"):
        assert package_sources.pip_environment(environ, found)[name] == VALUE


def test_where_packages_go_and_which_they_are_is_not(home):
    pip, uv = both(**dict.fromkeys(IGNORED, VALUE))
    assert not {name for name in IGNORED if name in pip or name in uv}
    assert pip["PIP_CONFIG_FILE"] == os.devnull  # so that its files say no more than what is handed over
    assert package_sources.uv_options({}) == ["--no-config"]  # and uv's neither


def test_pips_files_are_read_by_pip_and_count_in_its_order(home):
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text(
        "[global]\nindex-url = https://a/simple\nquiet = 3\nno-index = yes\ntimeout = 7\n"
        "extra-index-url =\n  https://b/simple\n  https://c/simple\n[install]\nuser = true\ncert = /etc/company.pem\n"
        "[download]\nproxy = http://elsewhere\n"
    )
    found = settings(PIP_TIMEOUT="9")
    assert found["index-url"] == "https://a/simple"
    assert found["timeout"] == "9"
    assert "user" not in found
    assert "proxy" not in found
    assert package_sources.uv_options(found) == ["--no-config", "--no-index"]
    uv = both()[1]
    assert uv["UV_INDEX"] == "https://b/simple https://c/simple"
    assert uv["SSL_CERT_FILE"] == "/etc/company.pem"


def test_uvs_own_settings_come_before_pips(home):
    given = {"PIP_INDEX_URL": VALUE, "PIP_CERT": "/a", "PIP_PROXY": "http://a", "PIP_TRUSTED_HOST": "a"}
    own = {"UV_DEFAULT_INDEX": "x=https://own", "SSL_CERT_FILE": "/own", "ALL_PROXY": "own", "UV_INSECURE_HOST": "own"}
    uv = both(**given, **own)[1]
    assert own.items() <= uv.items()
    assert "HTTPS_PROXY" not in uv


def test_pip_takes_uvs_index_where_it_has_none(home):
    pip, _ = both(UV_DEFAULT_INDEX=f"company={VALUE}", PIP_CONFIG_FILE=os.devnull)
    assert pip["PIP_INDEX_URL"] == VALUE
    pip, _ = both(UV_DEFAULT_INDEX="https://other", PIP_INDEX_URL=VALUE)
    assert pip["PIP_INDEX_URL"] == VALUE


def test_of_uvs_files_the_sources_count_alone(home):
    (home / ".config/uv").mkdir(parents=True)
    (home / ".config/uv/uv.toml").write_text(
        'exclude-newer = "2020-01-01"\nfind-links = ["/a", "/b"]\n'
        f'[[index]]\nname = "company"\nurl = "{VALUE}"\ndefault = true\n'
        '[[index]]\nurl = "https://more"\n[[index]]\nname = "no"\nurl = "https://no"\nexplicit = true\n'
        "[pip]\nsystem = true\nno-deps = true\n"
    )
    pip, uv = both(PIP_CONFIG_FILE=os.devnull)
    assert uv["UV_DEFAULT_INDEX"] == f"company={VALUE}"
    assert uv["UV_INDEX"] == "https://more"
    assert uv["UV_FIND_LINKS"] == "/a,/b"
    assert pip["PIP_INDEX_URL"] == VALUE
    assert not {"UV_EXCLUDE_NEWER", "UV_SYSTEM_PYTHON", "UV_NO_DEPS"} & uv.keys()


def test_a_broken_file_of_pips_is_left_aside_with_a_line_that_gives_nothing_away(home, capsys):
    (home / "pip.conf").write_text(f"index-url = {VALUE}\n")
    pip, _ = both(PIP_CONFIG_FILE=str(home / "pip.conf"))
    assert "PIP_INDEX_URL" not in pip
    told = capsys.readouterr().out
    assert "left aside" in told
    assert "secret" not in told


def test_pip_goes_by_what_is_handed_over(home):
    """The real pip, asked for its settings in the environment that it gets."""
    environment, _ = both(PIP_USER="1", PIP_TARGET="/nowhere", PIP_INDEX_URL=VALUE, PIP_CONFIG_FILE=os.devnull)
    command = [sys.executable, "-m", "pip", "config", "list"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert process.stdout.splitlines() == [":env:.config-file='/dev/null'", f":env:.index-url='{VALUE}'"]
