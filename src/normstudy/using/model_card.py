"""The card of an exported network: what it is, its accuracy, its input and output, and under which licences."""

from __future__ import annotations

import json

from normstudy.config import image_facts
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

OWN_LICENCE = "The images are the user’s own, and so are the weights: say here under which licence they are."


def card(classifier: Classifier, check: Check, file: str) -> str:
    """Markdown on `classifier`, exported as `file` and found to be the same by `check`."""
    run, config = classifier.run, classifier.config
    channels, height, width = image_facts(config).shape
    environment = run.metrics["environment"]
    commit = environment.get("commit")
    network = (
        f"`{config.model}`, code {config.code}" if config.model else f"{config.skeleton}, {config.channels} channels"
    )
    facts = {
        "network": f"{network}; {run.metrics['model']['parameters']:,} parameters",
        "normalization": FULL_NAMES[config.norm] + (f", {config.groups} groups" if config.groups else ""),
        "trained on": f"{markdown_title(config)}, {count(config.epochs, 'epoch')}, seed {config.seed}",
        f"{config.evaluate_on} accuracy": _accuracy(run),
        "classes": ", ".join(f"{place}: {name}" for place, name in enumerate(markdown_classes(config))),
        "made with": f"torch {environment['torch']}" + (f", commit {commit[:12]}" if commit else ""),
        "opset": str(OPSET),
    }
    listed = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    mean, std = classifier.standardise
    kind = "red, green and blue" if channels == 3 else "grey values" if config.images else "bright on dark"
    licence = f"{LICENCES[config.dataset]}. Weights: MIT." if config.dataset in LICENCES else OWN_LICENCE
    return f"""# {run.name}

A small network that separates {len(classifier.classes)} classes, exported from a run of normstudy: `{file}` next to
this card. Its weights are those of the run's `model.safetensors`.

{listed}

## Input and output

- `images`: uint8, (n, {channels}, {height}, {width}) with any n, {kind}, as the data set has them. The
  standardisation, (x / 255 − {mean:.6f}) / {std:.6f}, is part of the file.
- `scores`: float32, (n, {len(classifier.classes)}), before the softmax; `probabilities`: after it.

```python
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("{file}")
images = np.zeros((1, {channels}, {height}, {width}), np.uint8)
scores, probabilities = session.run(None, {{"images": images}})
```

## Checked

With onnxruntime {check.runtime} on {count(check.images, "image")}, those of the evaluation: the same class as torch
for each, and probabilities that differ by {check.largest:.1e} at the most.

## Not meant for

Anything but images like those of the data set: it gives a class to every picture, and a high probability to many that
show nothing of the kind.

## Licences

{licence} Code: MIT.

## Parameters of the run

```json
{json.dumps(config.model_dump(), ensure_ascii=False, indent=1)}
```
"""


def _accuracy(run: FinishedRun) -> str:
    """`99.49 % (95 % interval 99.33 to 99.61, Wilson), 10,000 images`."""
    missed = wrong(run)
    found = proportion(int((~missed).sum()), len(missed))
    limits = f"{percent(found.low)} to {percent(found.high)}"
    return f"{percent(found.value)} % (95 % interval {limits}, Wilson), {len(missed):,} images"
