"""The cells of a page, executed here without a renderer: what it prints, and what its inline values are."""

import contextlib
import io
import re

from commands import ROOT

CELL = re.compile(r"^```\{python\}\n(.*?)^```|`\{python\} (.+?)`(?!`)", re.DOTALL | re.MULTILINE)


def executed(name, change=lambda names: None):
    """(names, text): all names of the page `name` at its end, and what it printed and its inline values, in order.

    `change(names)` is called after the first cell. The working directory has to hold `results` and `theme`.
    """
    names, texts = {}, []
    for number, match in enumerate(CELL.finditer((ROOT / name).read_text(encoding="utf-8"))):
        printed = io.StringIO()
        if match[1] is not None:
            with contextlib.redirect_stdout(printed):
                exec(compile(match[1], name, "exec"), names)
            texts.append(printed.getvalue())
        else:
            value = eval(match[2], names)
            texts.append(str(getattr(value, "data", value)))
        if number == 0:
            change(names)
    return names, "\n".join(texts)
