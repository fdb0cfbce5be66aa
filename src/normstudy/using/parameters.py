"""Every parameter with its default, limits and meaning, and as a JSON Schema: read off the one definition, `Config`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from normstudy.config import FILLED_IN, Config
from normstudy.runs.seeds import MOST_SEEDS

SCHEMA = "schema.json"
"""The file next to those of models, which their first lines name: editors complete and check them by it."""

FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA}"

BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
"""What JSON Schema calls limits, and what they are in words."""

MISNAMED = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""What pydantic calls them where a value may be left open."""

KINDS = {"integer": "whole number", "number": "number", "string": "text"}


class Parameter(NamedTuple):
    """A parameter in words; its `default` is a dash where that follows from others."""

    name: str
    default: str
    limits: str
    meaning: str


def parameters() -> list[Parameter]:
    """All parameters of a run, in the order of `Config`."""
    return [
        Parameter(name, _number(field["default"]), _limits(field), field["description"])
        for name, field in _properties().items()
    ]


def schema() -> str:
    """The text of `SCHEMA`: what a parameter file may hold, one of several seeds included."""
    seeds = {
        "description": "several seeds in place of one: a list, or `0 to 9`",
        "anyOf": [
            {
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**63},
                "minItems": 1,
                "maxItems": MOST_SEEDS,
                "uniqueItems": True,
            },
            {"type": "string", "pattern": "^\\s*[0-9]{1,18} to [0-9]{1,18}\\s*$"},
        ],
    }
    text = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A model of normstudy",
        "description": "Parameters of a training run; what is left out has its default. `make schema` writes this.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**_properties(), "seeds": seeds},
        "not": {"required": ["seed", "seeds"]},
    }
    return json.dumps(text, indent=2, ensure_ascii=False) + "\n"


def _properties() -> dict[str, dict[str, Any]]:
    """The schema of each field of `Config`, without titles, which say no more than the names."""
    found = {}
    for name, field in Config.model_json_schema()["properties"].items():
        if name in FILLED_IN:
            continue
        found[name] = {key: value for key, value in field.items() if key != "title"}
        if "anyOf" in field:
            kinds = [{MISNAMED.get(key, key): value for key, value in each.items()} for each in field["anyOf"]]
            found[name]["anyOf"] = kinds
    return found


def _limits(field: dict[str, Any]) -> str:
    """`one of bn, gn, ln`; `whole number, at least 1, at most 1,024`."""
    given = next((each for each in field.get("anyOf", ()) if each["type"] != "null"), field)
    if "enum" in given:
        return f"one of {', '.join(given['enum'])}"
    bounds = [f"{words} {_number(given[name])}" for name, words in BOUNDS.items() if name in given]
    return ", ".join([KINDS[given["type"]], *bounds])


def _number(value: Any) -> str:
    if value is None or value == 2**63:
        return "2^63" if value else "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
