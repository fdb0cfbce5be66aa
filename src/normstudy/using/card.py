"""The card of an exported network: what it is, how well it does, what it takes and gives, and under which licences."""

from __future__ import annotations

import json

from normstudy.config import Config, image_facts
from normstudy.report.core.names import FULL_NAMES, markdown_classes, markdown_title
from normstudy.report.core.statistics import proportion
from normstudy.report.core.text import count, percent
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.using.classifier import Classifier
from normstudy.using.onnx_file import OPSET, Check

LICENCES = {
    "mnist": "MNIST is by Y. LeCun, C. Cortes and C. J. C. Burges (CC BY-SA 3.0)",
    "fashion_mnist": "Fashion-MNIST is by Zalando SE (MIT)",
    "kmnist": "KMNIST is by ROIS-DS Center for Open Data in the Humanities (CC BY-SA 4.0)",
    "cifar10": "CIFAR-10 is by A. Krizhevsky, V. Nair and G. Hinton (no licence is stated)",
    "svhn": "SVHN is by Y. Netzer et al. (for non-commercial use)",
    "digits": "Optical Recognition of Handwritten Digits is by E. Alpaydin and C. Kaynak, UCI (CC BY 4.0)",
}
"""Of the data sets."""


def card(classifier: Classifier, check: Check, file: str) -> str:
    """Markdown on `classifier`, exported as `file` and found to be the same by `check`."""
    run, config = classifier.run, classifier.config
    channels, height, width = image_facts(config).shape
    environment = run.metrics["environment"]
    commit = environment.get("commit")
    norm = FULL_NAMES[config.norm] + (f", {config.groups} groups" if config.groups else "")
    facts = {
        "network": f"{_network(config)}; {run.metrics['model']['parameters']:,} parameters",
        "normalization": norm,
        "trained on": f"{markdown_title(config)}, {count(config.epochs, 'epoch')}, seed {config.seed}",
        f"{config.evaluate_on} accuracy": _accuracy(run),
        "classes": ", ".join(f"{place}: {name}" for place, name in enumerate(markdown_classes(config))),
        "made with": f"torch {environment['torch']}" + (f", commit {commit[:12]}" if commit else ""),
        "opset": str(OPSET),
    }
    listed = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    mean, std = classifier.standardise
    return f"""# {run.name}

A small network that tells {len(classifier.classes)} classes apart, exported from a run of normstudy: `{file}` beside
this card. Its weights are those of the run's `model.safetensors`.

{listed}

## What it takes and gives

- `images`: uint8, (n, {channels}, {height}, {width}) with any n, {_kind(config)}, as the data set has them. The
  standardisation, (x / 255 − {mean:.6f}) / {std:.6f}, is part of the file.
- `scores`: float32, (n, {len(classifier.classes)}), before the softmax; `probabilities`: after it.

```python
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("{file}")
images = np.zeros((1, {channels}, {height}, {width}), np.uint8)
scores, probabilities = session.run(None, {{"images": images}})
```

## Checked

By onnxruntime {check.runtime} on {count(check.images, "image")}, those of the evaluation: the same class as torch
gives each, and probabilities that differ by {check.largest:.1e} at the most.

## Not meant for

Anything but images like those of the data set: it gives a class to every picture, and a high probability to many that
show nothing of the kind.

## Licences

{_licence(config)} Code: MIT.

## Parameters of the run

```json
{json.dumps(config.model_dump(), ensure_ascii=False, indent=1)}
```
"""


def _kind(config: Config) -> str:
    if config.images:
        return "grey values" if config.images.shape[0] == 1 else "red, green and blue"
    return "bright on dark" if image_facts(config).shape[0] == 1 else "red, green and blue"


def _licence(config: Config) -> str:
    if config.images:
        return "The images are the user’s own, and so are the weights: say here under which licence they are."
    return f"{LICENCES[config.dataset]}. Weights: MIT."


def _network(config: Config) -> str:
    if config.model:
        return f"`{config.model}`, code {config.code}"
    return f"{config.skeleton}, {config.channels} channels"


def _accuracy(run: FinishedRun) -> str:
    """`99.49 % (95 % interval 99.33 to 99.61, Wilson), 10,000 images`."""
    missed = wrong(run)
    right = int((~missed).sum())
    found = proportion(right, len(missed))
    limits = f"{percent(found.low)} to {percent(found.high)}"
    return f"{percent(found.value)} % (95 % interval {limits}, Wilson), {len(missed):,} images"
