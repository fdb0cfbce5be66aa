"""nbformat, imported without a second's work that no notebook asks for. Import it from here, and before what uses it.

jsonschema, which nbformat brings, takes up this package wherever it is installed: for a format of addresses that the
schema of notebooks does not have, it reads a grammar. Without the package, jsonschema leaves out that format alone.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)

import nbformat  # noqa: E402

__all__ = ["nbformat"]
