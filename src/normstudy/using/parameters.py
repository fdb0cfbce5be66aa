"""Every parameter with its default, limits and meaning, and as a JSON Schema: read off the one definition, `Config`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from normstudy.config import FILLED_IN, Config
from normstudy.runs.seeds import MOST_SEEDS

SCHEMA = "schema.json"
"""The file beside those of models, which their first lines name: editors complete and check them by it."""

FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA}"

BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
"""What JSON Schema calls limits, and what they are in words."""

MISNAMED = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""Limits to which pydantic does not give the schema's names, where a value may be left open and is put right first."""

KINDS = {"integer": "whole number", "number": "number", "string": "text"}


@dataclass(frozen=True)
class Parameter:
    """A parameter in words; its `default` is a dash where that follows from others."""

    name: str
    default: str
    limits: str
    meaning: str


def parameters() -> list[Parameter]:
    """All parameters of a run, in the order of `Config`."""
    found = []
    for name, field in _properties().items():
        default = "–" if field["default"] is None else _number(field["default"])
        found.append(Parameter(name, default, _limits(_given(field)), field["description"]))
    return found


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


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """The part of `field` that tells of a value, where it may also be left open."""
    return next((each for each in field.get("anyOf", ()) if each["type"] != "null"), field)


def _limits(field: dict[str, Any]) -> str:
    """`one of bn, gn, ln`; `whole number, at least 1, at most 1024`."""
    if "enum" in field:
        return f"one of {', '.join(field['enum'])}"
    bounds = [f"{words} {_number(field[name])}" for name, words in BOUNDS.items() if name in field]
    return ", ".join([KINDS[field["type"]], *bounds])


def _number(value: Any) -> str:
    if value == 2**63:
        return "2^63"
    return f"{value:,}" if isinstance(value, int) else str(value)
