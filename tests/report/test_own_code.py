"""The code of networks of one's own on the page."""

from dataclasses import replace

from recorded import recorded_run

from normstudy.report import own_code


def run_with(modules, code="0" * 16, **values):
    run = recorded_run("mine", [0.5], **values)
    config = run.config.model_copy(update={"model": "mine.py:net", "code": code})
    return replace(run, config=config, modules=modules)


def test_each_code_is_listed_once_and_nothing_in_it_ends_the_block():
    source = 'def net():\n\t"""````{python} 1"""\n\u202e'
    runs = [run_with({"mine": source, "parts.__init__": ""}, seed=seed) for seed in (1, 2)]
    text = own_code.listings([*runs, recorded_run("gn", [0.5]), run_with(None, code="1" * 16)])
    assert text.count("folded") == 1
    assert '{.folded title="The code of mine.py:net"}' in text
    assert 'mine\\.py, as it was trained:\n\n`````python\ndef net():\n\t"""````{python} 1"""\n[U+202E]\n`````' in text
    assert "parts" not in text
    assert own_code.listings(runs, {"0" * 16}) == ""


def test_of_long_code_the_length_is_told():
    text = own_code.listings([run_with({"long": "x = 1\n" * 500, "mine": "def net(): ...\n"})])
    assert "long\\.py, as it was trained, has 501 lines." in text
    assert "def net" not in text
