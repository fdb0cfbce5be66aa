"""Custom networks are tried in another process, which they may end."""

import pytest
from training.broken_models import SOUND

from normstudy import model_code
from normstudy.config import ParameterError, read_config, resolve
from normstudy.runs import trials
from normstudy.runs.studies import PlannedRun


def test_what_ends_the_process_is_one_line_and_so_is_each_other_fault(tmp_path, monkeypatch):
    for module in (model_code, trials):
        monkeypatch.setattr(module, "store", lambda: tmp_path / "kept")
    sources = {
        "divides": SOUND.replace("import torch\n", "import torch\n1 / 0\n"),
        "ends": "import os\nprint('bye', flush=True)\nos._exit(3)\ndef net(norm, shape, classes): pass\n",
        "not_begun": SOUND,
    }
    runs = []
    for name, text in sources.items():
        (tmp_path / f"{name}.py").write_text(text)
        for norm in ("bn", "ln"):
            path = tmp_path / f"{name}_{norm}.yaml"
            path.write_text(f"model: {name}.py:net\nnorm: {norm}\ndataset: digits\ndevice: cpu\n")
            runs.append(PlannedRun(path, resolve(read_config(path), "digits")))
    with pytest.raises(ParameterError) as caught:
        trials.refuse_broken_models(runs)
    divides, ends = str(caught.value).splitlines()
    assert divides.startswith(
        f"{tmp_path}/divides_bn.yaml: model = divides.py:net: divides.py, line 3: ZeroDivisionError"
    )
    assert ends.startswith(
        f"{tmp_path}/ends_bn.yaml: model = ends.py:net: its code ended the process that tried it (exit status 3, "
    )
    assert ends.endswith("after printing: bye); remove what does")
    assert trials.refuse_broken_models([]) == []


def test_ctrl_c_while_it_is_tried_is_an_interruption(tmp_path, monkeypatch):
    for module in (model_code, trials):
        monkeypatch.setattr(module, "store", lambda: tmp_path / "kept")
    (tmp_path / "nets.py").write_text(f"import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n{SOUND}")
    (tmp_path / "own.yaml").write_text("model: nets.py:net\ndataset: digits\ndevice: cpu\n")
    run = PlannedRun(tmp_path / "own.yaml", resolve(read_config(tmp_path / "own.yaml"), "digits"))
    with pytest.raises(KeyboardInterrupt):
        trials.refuse_broken_models([run])
