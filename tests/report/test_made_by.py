"""The commands on the page are those that made it."""

import json
import shlex

from normstudy.report import made_by


def typed(studies=(), **options):
    """The environment of a report that was asked for so."""
    return {made_by.VARIABLE: json.dumps({"options": options, "studies": list(studies)})}


def test_the_published_page_is_made_by_make_report():
    for nothing in ({}, {made_by.VARIABLE: ""}, typed()):
        assert made_by.commands(nothing).splitlines() == [
            "```bash",
            "# trains params/*.yaml with the exact versions of requirements.lock",
            "make report",
            "```",
        ]
        text = made_by.further_model(nothing)
        assert "into `params/`, such as `params/in.yaml` with the line `norm: in`, and run `make report` again" in text
        assert "`make report SEEDS=10` trains ten runs of each model, with the seeds 0 to 9." in text


def test_what_was_typed_is_on_the_page_as_a_shell_takes_it():
    mine = typed(["my/studies/rates.yaml"], PARAMS="my", OUTPUT="a report", RENDERER="preview")
    _, study, remark, report, _ = made_by.commands(mine).splitlines()
    assert shlex.split(study, comments=True) == ["make", "study", "STUDY=my/studies/rates.yaml"]
    assert shlex.split(report, comments=True) == ["make", "report", "PARAMS=my", "OUTPUT=a report", "RENDERER=preview"]
    assert remark.startswith("# trains my/*.yaml with")
    text = made_by.further_model(mine)
    assert "into `my/`, such as a copy of one of those there with another `norm:`" in text
    assert (
        "`make report PARAMS=my OUTPUT='a report' RENDERER=preview SEEDS=10` trains ten runs of each model whose"
        in text
    )
    assert "trains ten" not in made_by.further_model(typed(SEEDS="3"))


def test_no_folder_is_taken_for_markup():
    mine = typed(PARAMS="a```\n# b`c\u202e")
    assert made_by.commands(mine).startswith("````bash\n# trains a``` # b`c[U+202E]/*.yaml with")
    assert made_by.commands(mine).endswith("make report PARAMS='a```\n# b`c[U+202E]'\n````\n")
    assert "a\\`\\`\\` \\# b\\`c" in made_by.further_model(mine)
