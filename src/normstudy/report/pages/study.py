"""The page of any study: which settings are best, which are worse, which are undecided.

Sentences are few, and hold whatever the study varies. A setting is a model with one value of each parameter that the
study varies, apart from seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import binom

from normstudy.config import Config, evaluated_images, image_facts
from normstudy.report.core import plots, statistics
from normstudy.report.core.literal import code_block, escape
from normstudy.report.core.style import LINE_STYLES, WIDTH, colour, norm_of
from normstudy.report.core.text import Text, called, count, interval, join, number, percent
from normstudy.runs.record import RecordedStudy
from normstudy.runs.reproduction import SEEDS
from normstudy.runs.tables import table_of
from normstudy.text import visible

MOST_ROWS = 24
"""Settings that a figure without a numeric axis has a row for."""

MOST_LINES = 400
"""Lines of a custom network's code that the page lists."""

TABLE_CAPTION = (
    "Settings by rising error: the geometric mean of the errors with its 95 % interval, how many runs trained, and how "
    "many times the error of the best setting it is, with simultaneous intervals (Bonferroni)."
)

SETTINGS = [name for name in Config.model_fields if name not in {*SEEDS, "images", "code", "threads", "device"}]


@dataclass(frozen=True)
class Settings:
    """A study as a table of its settings.

    `runs`: one row per run, as of `table_of`, with `setting` (its name) and `trained`. `varied`: the parameters that
    tell settings of one model apart. `table`: one row per setting, by rising error: `model`, the varied parameters,
    `runs`, `trained`, and of the trained runs `value`, `low` and `high`, the geometric mean of their errors (fractions)
    with its interval. `compared`: with the best setting, where there are intervals. `bar`: the error (a fraction)
    below which a run has trained.
    """

    runs: pd.DataFrame
    varied: list[str]
    table: pd.DataFrame
    compared: pd.DataFrame
    bar: float

    @property
    def best(self) -> str:
        """The name of the setting with the lowest mean error."""
        return str(self.table.index[0])

    @property
    def worse(self) -> list[str]:
        """Settings that are worse than the best one (Bonferroni's p < 0.05)."""
        return list(self.compared.index[self.compared.p < 0.05])

    @property
    def undecided(self) -> list[str]:
        """Settings that these runs do not tell from the best one."""
        return list(self.compared.index[~(self.compared.p < 0.05)])

    @property
    def failed(self) -> pd.DataFrame:
        """Rows of `table` of which some run did not train."""
        return self.table[self.table.trained < self.table.runs]


def settings(study: RecordedStudy) -> Settings:
    """What is compared in `study`, and what came out."""
    runs = table_of(study.runs)
    keys = ["network" if name == "model" else name for name in SETTINGS]
    varied = _free(runs, [key for key in keys if runs.groupby("model")[key].nunique(dropna=False).max() > 1])
    name = runs.apply(lambda run: _name(run, varied), axis=1)
    bar = _bar(study, runs, name)
    trained = runs.error < bar
    runs = runs.assign(setting=name, trained=trained)
    sound = runs[trained]
    means = statistics.cell_means(sound, "setting") if len(sound) else pd.DataFrame(columns=["value", "low", "high"])
    table = runs.groupby("setting", sort=False).agg(
        model=("model", "first"),
        **{key: (key, "first") for key in varied},
        runs=("run", "size"),
        trained=("trained", "sum"),
    )
    means["high"] = means["high"].clip(upper=1)  # the true error is not above 100 %
    table = table.join(means).sort_values("value", kind="stable")
    several = sound.groupby("setting").filter(lambda own: len(own) > 1)
    compared = pd.DataFrame(columns=["value", "low", "high", "p"])
    if several.setting.nunique() > 1 and table.index[0] in set(several.setting):
        compared = statistics.with_one(several, table.index[0], factor="setting")
    return Settings(runs, varied, table, compared, bar)


def answer(found: Settings) -> str:
    """The result in at most four sentences, as Markdown."""
    if not found.runs.trained.any():
        return "**No run of this study trained.** All stay at an error that does not depend on the image."
    best = found.table.loc[found.best]
    text = [f"**The lowest mean error has {escape(found.best)}: {interval(best, scale=100)} %.**"]
    if len(found.table) > 1 and found.table.trained.gt(0).sum() == 1:
        text.append("No other setting trained.")
    elif len(found.table) > 1 and not len(found.compared):
        text.append("One run of each setting does not show whether that is more than chance.")
    if len(found.worse) == len(found.table) - 1 > 0:
        text.append("Every other setting is worse.")
    elif found.worse:
        text.append(f"Of the other settings, {_few(found.worse)} worse; {_few(found.undecided)} undecided.")
    elif len(found.compared):
        text.append("No other setting is shown to be worse: all are undecided.")
    if len(found.failed):
        lost = int((found.failed.runs - found.failed.trained).sum())
        text.append(f"{count(lost, 'run')} of {len(found.runs)} did not train.")
    return " ".join(text)


def differences(found: Settings) -> str:
    """In which parameters settings differ, as Markdown."""
    names = ["model"] * (found.runs.model.nunique() > 1) + [f"`{key}`" for key in found.varied]
    return f"They differ in {join(names)}." if names else "There is one setting."


def epochs(found: Settings) -> Text:
    """`20 epochs`, or `5 to 20 epochs`."""
    low, high = int(found.runs.epochs.min()), int(found.runs.epochs.max())
    return count(high, "epoch") if low == high else Text(f"{low} to {count(high, 'epoch')}")


def data(study: RecordedStudy) -> Text:
    """How the data set of `study` is called, as Markdown."""
    return Text(escape(image_facts(study.runs[0].config).title))


def bar(found: Settings) -> Text:
    """The error below which a run has trained, in percent."""
    return number(100 * found.bar, 1)


def file_of(path: str) -> Text:
    """The YAML file of the study recorded at `path`, as Markdown: its name, not where it lies on this machine."""
    return Text(f"`{Path(path).with_suffix('.yaml').name}`")


def code_of(study: RecordedStudy) -> str:
    """The code of each custom network of `study`, as it was trained, under a heading; nothing where there is none."""
    listed = {run.config.code: (run.config.model, run.modules) for run in study.runs if run.modules}
    blocks = []
    for model, modules in listed.values():
        for name, text in (modules or {}).items():
            lines = text.count("\n") + 1
            blocks.append(f"`{name}.py` of {escape(model)}, as it was trained:")
            blocks.append(
                code_block(visible(text.rstrip(), keep="\n\t"), "python")
                if lines <= MOST_LINES
                else f"({lines:,} lines)"
            )
    return "\n\n".join(["## Code", *blocks]) if blocks else ""


def error_figure(found: Settings) -> Figure:
    """Errors of all runs: over the numeric parameter with the most values, else a row per setting.

    A run that did not train is a cross at the upper edge, or has no dot in a row.
    """
    axis = _axis(found)
    runs = found.runs.assign(error=found.runs.error.clip(lower=1e-5))
    if axis is None:
        return _rows(found)
    picture, axes = plt.subplots(figsize=(WIDTH, 3.8))
    others = [key for key in found.varied if key != axis and runs[key].nunique() > 1]
    line = runs.apply(lambda run: ", ".join([called(run.model), *(f"{key} {run[key]}" for key in others)]), axis=1)
    runs = runs.assign(line=line)
    looks = {}
    for name, own in runs.groupby("line", sort=False):
        same = [each for each in looks if looks[each]["color"] == colour(own.norm.iloc[0])]
        looks[name] = {"color": colour(own.norm.iloc[0]), "linestyle": LINE_STYLES[len(same) % len(LINE_STYLES)]}
    values = sorted(runs[axis].dropna().unique())
    if values[0] > 0 and values[-1] / values[0] > 5:
        plots.log_axis(axes, "x", values, [f"{value:.3g}" for value in values])
    axes.set(xlabel=axis.replace("_", " "), ylabel=f"{runs.evaluate_on.iloc[0]} error (%)")
    plots.loss_axis(axes)
    failures = found.bar < runs.error.max() or runs.diverged.any()
    axes.set_ylim(80 * runs.error.min(), 125 * max(runs.error.max(), found.bar if failures else 0))
    plots.loss_axis(axes)
    if failures:
        axes.axhline(100 * found.bar, color=colour("faint"), linestyle=(0, (4, 3)), linewidth=0.8)
        axes.text(
            0.01,
            100 * found.bar,
            "below: trained",
            transform=axes.get_yaxis_transform(),
            fontsize=8,
            va="top",
            color=colour("note"),
        )
    plots.over(axes, runs, axis, factor="line", looks=looks, names={name: name for name in looks})
    lost = runs[runs.diverged]
    axes.plot(lost[axis], [axes.get_ylim()[1]] * len(lost), "x", color=colour("note"), clip_on=False)
    return picture


def settings_table(found: Settings) -> pd.DataFrame:
    """A row per setting as text: the mean error (%) with its interval, runs that trained, compared with the best."""
    ratios = found.compared.reindex(found.table.index)
    verdicts = [
        "best"
        if name == found.best
        else "worse"
        if name in found.worse
        else "undecided"
        if name in found.undecided
        else "–"
        for name in found.table.index
    ]
    return pd.DataFrame(
        {
            "setting": [escape(name) for name in found.table.index],
            "error (%)": [interval(row, scale=100) for _, row in found.table.iterrows()],
            "trained": [f"{row.trained} of {row.runs}" for _, row in found.table.iterrows()],
            "times the best": ["1" if name == found.best else interval(row) for name, row in ratios.iterrows()],
            "compared with the best": verdicts,
        }
    )


def alt(found: Settings) -> str:
    """Alternative text of `error_figure`."""
    last = found.table.dropna(subset=["value"])
    if not len(last):
        return "Chart of the errors of all runs; none trained."
    return (
        f"Chart of the errors of all {len(found.runs)} runs. The lowest mean error is {percent(last.value.iloc[0])} % "
        f"({last.index[0]}), the highest of a setting that trained {percent(last.value.iloc[-1])} % ({last.index[-1]})."
    )


def _rows(found: Settings) -> Figure:
    sound = found.runs[found.runs.trained]
    shown = [name for name in found.table.index if name in set(sound.setting)][:MOST_ROWS]
    rows = {name: 100 * sound[sound.setting == name].error for name in shown} or {"no run trained": [100.0]}
    picture, axes = plt.subplots(figsize=(WIDTH, 0.8 + 0.45 * len(rows)))
    colours = [colour(norm_of(str(found.table.model.get(name, "none")))) for name in rows]
    plots.dot_rows(
        axes,
        rows,
        100 * found.table.loc[shown, ["value", "low", "high"]],
        colours,
        lambda row: percent(row.value / 100),
    )
    axes.set_xlabel(f"{found.runs.evaluate_on.iloc[0]} error (%)")
    return picture


def _free(runs: pd.DataFrame, keys: list[str]) -> list[str]:
    """Those of `keys` without which settings of a model would have the same name; the others go with them."""
    left = list(keys)
    for key in reversed(keys):
        others = [other for other in left if other != key]
        settings_of = runs.astype(str).groupby(["model", *others])[keys]
        if others and settings_of.nunique().max().max() == 1:
            left = others
    return left


def _name(run: pd.Series, varied: list[str]) -> str:
    known = [key for key in varied if not pd.isna(run[key])]
    values = (f"{run[key]:g}" if isinstance(run[key], float) else str(run[key]) for key in known)
    shown = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in zip(known, values, strict=True))
    model = called(str(run.model))
    return f"{model} ({shown})" if shown else model


def _axis(found: Settings) -> str | None:
    numeric = [key for key in found.varied if pd.api.types.is_numeric_dtype(found.runs[key])]
    several = [key for key in numeric if found.runs[key].nunique() > 2]
    return max(several, key=lambda key: found.runs[key].nunique(), default=None)


def _bar(study: RecordedStudy, runs: pd.DataFrame, setting: pd.Series) -> float:
    """The error below which a run has trained: nearer to the best setting's, as a ratio, than to guessing.

    Or, where that is lower, the error that guessing reaches by luck in 2.5 % of all cases.
    """
    config = study.runs[0].config
    blind = 1 - 1 / len(image_facts(config).classes)
    images = evaluated_images(config)
    best = np.exp(runs.log_error.groupby(setting).mean().min())
    luck = binom.ppf(0.025, images, blind) / images
    return float(np.nanmin([np.sqrt(best * blind), luck]))


def _few(names: list[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{join(map(escape, names))} {verb}" if len(names) <= 3 else f"{len(names)} are"
