"""What the files of a run folder must hold: one function per file, which says what is wrong, or nothing.

`runs` reads the files and tells the user; here is what makes sense.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Any

import numpy as np

from normstudy.config import Config, evaluated_images, image_facts, training_images

SCHEMA = 1

MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr", "seconds")
NORMS = ("weight_norms", "gradient_norms")
"""Measures that earlier runs lack: one number per layer, or None where it is no finite one."""

PREDICTIONS = {
    "index": np.int32,
    "label": np.uint8,
    "predicted": np.uint8,
    "label_probability": np.float32,
    "predicted_probability": np.float32,
    "loss": np.float32,
}
MISCLASSIFIED = {
    "images": np.uint8,
    "label": np.uint8,
    "predicted": np.uint8,
    "confidence": np.float32,
    "index": np.int32,
}
ROUNDING = 1e-5
"""Between numbers that were computed from each other in 32 bits."""


def metrics_problem(metrics: Any) -> str:
    """What is wrong with the shape and the values of metrics.json, whatever its configuration."""
    if not isinstance(metrics, dict):
        return "not a set of named values"
    schema = metrics.get("schema")
    if schema != SCHEMA or isinstance(schema, bool):
        return f"schema {_shown(schema)} where {SCHEMA} is understood"
    if metrics.get("status") not in ("complete", "diverged"):
        return f"status {_shown(metrics.get('status'))} where complete or diverged is allowed"
    for name, kind in {"config": dict, "model": dict, "history": list, "environment": dict, "extra": dict}.items():
        if not isinstance(metrics.get(name), kind):
            return f"no {name}"
    if not _is_count(metrics["model"].get("parameters")):
        return f"model: parameters = {_shown(metrics['model'].get('parameters'))} is impossible"
    not_learned = metrics["model"].get("not_learned", 0)
    if not_learned and not _is_count(not_learned):
        return f"model: not_learned = {_shown(not_learned)} is impossible"
    for number, entry in enumerate(metrics["history"], start=1):
        if not isinstance(entry, dict) or not _is_count(entry.get("epoch")) or entry["epoch"] != number:
            return f"history: entry {number} is not epoch {number}"
        for name in MEASURES:
            value = entry.get(name)
            limit = 1 if name.endswith("accuracy") else sys.float_info.max
            if not _is_number(value) or not 0 <= value <= limit:
                return f"history: {name} = {_shown(value)} in epoch {number} is impossible"
        for name in NORMS:
            norms = entry.get(name, [])
            if not isinstance(norms, list) or not all(n is None or (_is_finite(n) and n >= 0) for n in norms):
                return f"history: {name} in epoch {number} is no list of norms"
            if (name in entry) != (name in metrics["history"][0]):
                return f"history: {name} is not in every epoch"
    return _environment_problem(metrics["environment"])


def course_problem(metrics: dict[str, Any], config: Config) -> str:
    """What is wrong with how far the run of `config` came, by its `metrics`."""
    done = len(metrics["history"])
    if metrics["status"] == "complete":
        return "" if done == config.epochs else f"complete with {done} of {config.epochs} epochs"
    if metrics.get("epoch") != done + 1 or isinstance(metrics["epoch"], bool):
        return f"diverged in epoch {_shown(metrics.get('epoch'))} after {done} finished ones"
    if done >= config.epochs:
        return f"diverged after all {config.epochs} epochs"
    steps = math.ceil(training_images(config) / config.batch_size)
    if not _is_count(metrics.get("step")) or metrics["step"] > steps:
        return f"diverged at step {_shown(metrics.get('step'))} where an epoch has {steps}"
    if not _is_number(metrics.get("lr")) or not 0 < metrics["lr"] <= config.max_lr * (1 + ROUNDING):
        return f"diverged at lr = {_shown(metrics.get('lr'))}, which is impossible"
    return ""


def predictions_problem(columns: dict[str, np.ndarray], metrics: dict[str, Any], config: Config) -> str:
    """What is wrong with the columns of predictions.npz, beside the last epoch of `metrics`."""
    if problem := _columns_problem(columns, PREDICTIONS, config):
        return problem
    n = evaluated_images(config)
    for name, column in columns.items():
        if column.shape != (n,):
            return f"{name} has the shape {column.shape} where ({n},) is expected"
    if len(np.unique(columns["index"])) < n or columns["index"].min() < 0:
        return "index: an image stands there twice, or is none"
    own, top = columns["label_probability"], columns["predicted_probability"]
    for name, limit in {"label_probability": 1, "predicted_probability": 1, "loss": np.inf}.items():
        # Softmax in 32 bits may end a rounding beyond its limits.
        if not ((columns[name] >= -ROUNDING) & (columns[name] <= limit + ROUNDING) & np.isfinite(columns[name])).all():
            return f"{name}: a value is impossible"
    if not np.allclose(np.exp(-columns["loss"].astype(np.float64)), own, rtol=0, atol=ROUNDING):
        return "loss and label_probability contradict each other"
    right = columns["predicted"] == columns["label"]
    if (own > top + ROUNDING).any() or not np.allclose(own[right], top[right], rtol=0, atol=ROUNDING):
        return "label_probability and predicted_probability contradict each other"
    last = metrics["history"][-1]
    if not math.isclose(float(right.mean()), last["test_accuracy"], abs_tol=1e-9):
        return "accuracy is not that of metrics.json"
    if not math.isclose(float(columns["loss"].mean(dtype=np.float64)), last["test_loss"], rel_tol=1e-6, abs_tol=1e-9):
        return "mean loss is not that of metrics.json"
    return ""


def misclassified_problem(arrays: dict[str, np.ndarray], predictions: dict[str, np.ndarray], config: Config) -> str:
    """What is wrong with the arrays of misclassified.npz, beside the `predictions` they come from."""
    if problem := _columns_problem(arrays, MISCLASSIFIED, config):
        return problem
    wrong = np.flatnonzero(predictions["predicted"] != predictions["label"])
    expected = wrong[np.argsort(-predictions["predicted_probability"][wrong], kind="stable")]
    channels, *size = image_facts(config).shape
    shape = (len(wrong), *size, channels) if channels > 1 else (len(wrong), *size)
    if arrays["images"].shape != shape:
        return f"images has the shape {arrays['images'].shape} where {shape} is expected"
    for name in ("label", "predicted", "confidence", "index"):
        column = predictions["predicted_probability" if name == "confidence" else name]
        if not np.array_equal(arrays[name], column[expected]):
            return f"{name} is not that of predictions.npz"
    return ""


def afterwards_problem(measures: Any) -> str:
    """What is wrong with what was measured of a trained network: by name, numbers, in lists and under names again."""
    if not isinstance(measures, dict):
        return "no set of named measures"
    return next((f"{name} = {_shown(v)} are no numbers" for name, v in measures.items() if not _are_numbers(v)), "")


def stamps_problem(stamps: Any) -> str:
    """What is wrong with the contents of verified.json."""
    if not isinstance(stamps, list):
        return "no list of records"
    for number, stamp in enumerate(stamps, start=1):
        if not isinstance(stamp, dict):
            return f"record {number} is no set of named values"
        for name in ("from", "to"):
            if not isinstance(stamp.get(name), str) or not re.fullmatch("[0-9a-f]{16}", stamp[name]):
                return f"record {number}: {name} = {_shown(stamp.get(name))} is no fingerprint of sources"
        if not isinstance(stamp.get("compared"), str):
            return f"record {number}: compared = {_shown(stamp.get('compared'))} is no run"
        if not _is_count(stamp.get("epochs")):
            return f"record {number}: epochs = {_shown(stamp.get('epochs'))} is impossible"
        measures, environment = stamp.get("measures"), stamp.get("environment")
        if not isinstance(measures, list) or not all(isinstance(name, str) for name in measures) or not measures:
            return f"record {number}: measures = {_shown(measures)} is no list of measures"
        if not isinstance(environment, dict) or not all(isinstance(each, str) for each in environment.values()):
            return f"record {number}: environment = {_shown(environment)} is no set of versions"
    return ""


def _columns_problem(columns: dict[str, np.ndarray], expected: dict[str, type], config: Config) -> str:
    for name, kind in expected.items():
        if name not in columns:
            return f"no column {name!r}"
        if columns[name].dtype != kind:
            return f"{name} holds {columns[name].dtype} where {np.dtype(kind)} is expected"
    for name in ("label", "predicted"):
        if (columns[name] >= len(image_facts(config).classes)).any():
            return f"{name} = {columns[name].max()} is no class"
    return ""


def _environment_problem(environment: dict[str, Any]) -> str:
    for name in ("python", "torch", "torchvision", "processor"):
        if not isinstance(environment.get(name), str):
            return f"environment: {name} = {_shown(environment.get(name))} is no text"
    if not isinstance(environment.get("commit"), str | None):
        return f"environment: commit = {_shown(environment['commit'])} is no commit"
    if not isinstance(environment.get("sources"), str | None):
        return f"environment: sources = {_shown(environment['sources'])} is no fingerprint"
    if not isinstance(environment.get("clean"), bool | None):
        return f"environment: clean = {_shown(environment['clean'])} is neither true nor false"
    return ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 10**12


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return _is_number(value) and abs(value) <= sys.float_info.max


def _are_numbers(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_are_numbers, value.values() if isinstance(value, dict) else value))
    return value is None or _is_finite(value)


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "…"
