"""What editors and systems leave next to the files of a folder."""

from pathlib import Path


def leave_beside(path: Path) -> list[str]:
    """Put next to `path` what macOS, Windows, Emacs, Vim and LibreOffice leave there; the names."""
    name, folder = path.name, path.parent
    (folder / f"._{name}").write_bytes(b"\0\5\26\7\0\2\0\0Mac OS X        ")
    (folder / f".#{name}").symlink_to("somebody@somewhere.4711:1700000000")
    contents = {f"#{name}#": "norm: [", f"{name}~": "norm: [", f".{name}.swp": "b0VIM 9.0", f".~lock.{name}#": ","}
    contents |= {".DS_Store": "\0\0\0\1Bud1", "Thumbs.db": "\0", "desktop.ini": "[.ShellClassInfo]"}
    for stray, content in contents.items():
        (folder / stray).write_text(content)
    return [f"._{name}", f".#{name}", *contents]
