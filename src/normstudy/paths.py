"""Where the project's own folders are."""

from pathlib import Path


def project_root() -> Path:
    """The checkout that this package is installed from, else the current folder."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_folder() -> Path:
    """Where data sets are kept: `data/` of the checkout (ignored by git)."""
    return project_root() / "data"
