"""Which sources make a run outdated."""

import shutil

from normstudy import sources
from normstudy.sources import DECISIVE_SOURCES, sources_hash


def test_the_hash_follows_the_decisive_sources_alone(tmp_path, monkeypatch):
    package = shutil.copytree(sources.FOLDER, tmp_path / "normstudy")
    before = sources_hash()
    monkeypatch.setattr(sources, "FOLDER", package)
    assert sources_hash() == before
    (package / "figures.py").write_text("# another figure")
    assert sources_hash() == before
    seen = {before}
    for name in DECISIVE_SOURCES:
        with open(package / name, "a") as file:
            file.write("\n")
        seen.add(sources_hash())
    assert len(seen) == 1 + len(DECISIVE_SOURCES)
