"""`fit`: that it repeats itself, is paired across normalizations, and reports what really happened."""

import math

import pytest
import torch
import torch.nn.functional as F
from conftest import QUICK
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.lr_scheduler import OneCycleLR

from normstudy.config import Config, ParameterError
from normstudy.data.augmentation import augment, draw
from normstudy.data.loading import Data, load
from normstudy.model import Net, initialise, l1_norm, penalised_weights
from normstudy.training import evaluation, schedule
from normstudy.training.batches import Batches
from normstudy.training.evaluation import evaluate
from normstudy.training.loop import Run, fit
from normstudy.training.optimizer import Optimizers
from normstudy.training.randomness import generator

NORMS = ("bn", "gn", "ln", "in", "ln2d", "none")
STILL = {"rotation": 0, "shift": 0, "scale": 0}
LIMITS = [getattr(Config(), name) for name in STILL]
FROZEN = {"optimizer": "sgd", "max_lr": 1e-12, "weight_decay": 0}
"""So small a learning rate that the weights stay as they are."""
DIVERGES = {"norm": "none", "optimizer": "sgd", "max_lr": 100}


@pytest.fixture(scope="module")
def data() -> Data:
    return load("digits")


@pytest.fixture(scope="module")
def few(data) -> Data:
    """250 images to train on and 130 to evaluate: enough to see what happens, and fast."""
    return Data(data.train[torch.arange(250)], data.evaluation[torch.arange(130)], data.mean, data.std)


def config(**more) -> Config:
    return Config(**{**QUICK, "seed": 1, **more})


def without_times(run: Run) -> list[dict]:
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in run.history]


def same_weights(first: Net, second: Net) -> bool:
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.fixture
def seen():
    """What every `Net` was given: a list of (training or not, images)."""
    calls = []

    def note(module, inputs):
        if isinstance(module, Net):
            calls.append((module.training, inputs[0].clone()))

    handle = register_module_forward_pre_hook(note)
    yield calls
    handle.remove()


@pytest.mark.parametrize("norm", ["bn", "gn"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_equal_configurations_give_equal_histories_and_weights(few, norm, precision):
    torch.manual_seed(1)
    first = fit(config(norm=norm, l1=1e-4, precision=precision), few)
    torch.manual_seed(2)  # nothing may depend on torch's own generator
    second = fit(config(norm=norm, l1=1e-4, precision=precision), few)
    assert without_times(first) == without_times(second)
    assert same_weights(first.model, second.model)
    assert torch.equal(first.predictions.loss, second.predictions.loss)


def test_training_learns_and_reports_every_epoch(trained):
    history = trained.run.history
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert history[-1]["test_accuracy"] > 0.3
    assert trained.run.diverged is None
    assert all(entry["seconds"] > 0 for entry in history)


def test_all_normalizations_of_one_seed_see_the_same_batches(few, seen):
    batches = {}
    for norm in NORMS:
        seen.clear()
        fit(config(norm=norm), few)
        batches[norm] = [images for in_training, images in seen if in_training]
        assert [len(images) for images in batches[norm]] == [100, 100, 50] * 2
    for norm in NORMS[1:]:
        assert all(torch.equal(a, b) for a, b in zip(batches["bn"], batches[norm], strict=True)), norm
    seen.clear()
    fit(config(seed=2), few)
    assert not torch.equal(seen[0][1], batches["bn"][0])
    first, second = torch.cat(batches["bn"][:3]), torch.cat(batches["bn"][3:])
    assert not torch.equal(first, second)  # each epoch has an order of its own


def test_an_epoch_shows_every_training_image_once(few, seen):
    fit(config(**STILL, epochs=1), few)
    shown = torch.cat([images for in_training, images in seen if in_training])
    own = few.standardise_(few.train.images.float() / 255)
    distance = torch.cdist(shown.flatten(1), own.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
    assert distance.min(dim=1).values.max() < 0.01  # resampling at the very pixel centres rounds a little
    assert sorted(distance.argmin(dim=1).tolist()) == list(range(250))
    assert distance.argmin(dim=1).tolist() != list(range(250))


def test_batches_come_from_the_generators_of_seed_epoch_and_purpose(few, seen):
    fit(config(seed=9, fade=0), few)
    for epoch, batches in enumerate(([0, 1, 2], [4, 5, 6]), start=1):  # an evaluation follows each three
        order = torch.randperm(250, generator=generator(9, epoch, "order"))
        moves = draw(250, generator(9, epoch, "augmentation"))
        images = few.standardise_(augment(few.train.images[order].float() / 255, moves, *LIMITS))
        torch.testing.assert_close(torch.cat([seen[i][1] for i in batches]), images, rtol=0, atol=1e-5)


def test_augmentation_fades_out_over_the_last_epochs(few, seen):
    fit(config(epochs=2, fade=0.5), few)
    last = torch.cat([images for in_training, images in seen if in_training][3:])
    order = torch.randperm(250, generator=generator(1, 2, "order"))
    plain = few.standardise_(few.train.images[order].float() / 255)
    torch.testing.assert_close(last, plain, rtol=0, atol=1e-4)


def test_evaluation_is_in_eval_mode_in_order_never_augmented(few, seen):
    fit(config(norm="bn", rotation=180, shift=14, scale=0.5, fade=0), few)
    shown = [images for in_training, images in seen if not in_training]
    assert len(shown) == 2  # once after each epoch
    for images in shown:
        assert torch.equal(images, few.standardise_(few.evaluation.images.float().div(255)))


def test_predictions_are_what_the_final_model_says(trained):
    found, split = trained.run.predictions, trained.data.evaluation
    with torch.no_grad():
        scores = trained.run.model.eval()(trained.data.standardise_(split.images.float() / 255))
    assert torch.equal(found.index, split.index)
    assert torch.equal(found.label, split.labels)
    assert torch.equal(found.predicted, scores.argmax(1))
    rows = torch.arange(len(split))
    probabilities = scores.softmax(1)
    torch.testing.assert_close(found.label_probability, probabilities[rows, split.labels])
    torch.testing.assert_close(found.predicted_probability, probabilities[rows, found.predicted])
    torch.testing.assert_close(found.loss, F.cross_entropy(scores, split.labels, reduction="none"))


def test_the_last_epoch_is_the_headline_whether_it_is_the_best_or_not(few):
    # The rate rises until near the end, to far too much, so that the first epoch is the best.
    run = fit(config(norm="bn", optimizer="sgd", epochs=4, warmup=0.9, max_lr=3, fade=0), few)
    accuracy = (run.predictions.predicted == run.predictions.label).double().mean().item()
    assert run.history[-1]["test_accuracy"] == accuracy
    assert run.history[-1]["test_loss"] == pytest.approx(run.predictions.loss.double().mean().item(), rel=1e-12)
    losses = [entry["test_loss"] for entry in run.history]
    assert losses[-1] > min(losses), "this run should end worse than it was"
    torch.testing.assert_close(evaluate(run.model, few, few.evaluation).loss, run.predictions.loss)


def test_test_figures_are_means_over_images_with_a_partial_last_chunk(few, monkeypatch):
    whole = fit(config(), few)
    monkeypatch.setattr(evaluation, "EVALUATION_CHUNK", 100)  # 130 images: 100 and 30
    in_parts = fit(config(), few)
    for one, other in zip(whole.history, in_parts.history, strict=True):
        assert one["test_accuracy"] == other["test_accuracy"]
        assert one["test_loss"] == pytest.approx(other["test_loss"], rel=1e-5)
    assert len(in_parts.predictions.loss) == 130


def test_train_figures_are_means_over_images_with_a_partial_last_batch(few):
    run = fit(config(norm="gn", epochs=1, batch_size=240, **STILL, **FROZEN), few)
    model = Net("gn", 4)
    initialise(model, generator(1, 0, "weights"))
    expected = evaluate(model, few, few.train)
    order = torch.randperm(250, generator=generator(1, 1, "order"))
    mean_of_means = (expected.loss[order[:240]].mean() + expected.loss[order[240:]].mean()) / 2
    assert abs(mean_of_means - expected.loss.mean()) > 1e-3, "the two ways to average should differ here"
    assert run.history[0]["train_loss"] == pytest.approx(expected.loss.mean().item(), abs=1e-4)
    assert run.history[0]["train_accuracy"] == pytest.approx(
        (expected.predicted == expected.label).double().mean().item(), abs=1 / 250 + 1e-9
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_fit_is_the_textbook_loop(few, optimizer):
    """Optimizer and schedule made once, one step a batch, no penalty: written out here with torch's own parts."""
    chosen = config(norm="gn", optimizer=optimizer, max_lr=0.05, weight_decay=0.01, fade=0)
    run = fit(chosen, few)

    model = Net("gn", 4)
    initialise(model, generator(1, 0, "weights"))
    weights = penalised_weights(model)
    others = [p for p in model.parameters() if all(p is not weight for weight in weights)]
    groups = [{"params": weights, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    kinds = {"adamw": (torch.optim.AdamW, {}), "sgd": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True})}
    kind, more = kinds[optimizer]
    reference = kind(groups, lr=0.05, **more)
    schedule = OneCycleLR(reference, 0.05, total_steps=6, pct_start=0.2, cycle_momentum=False)
    for epoch in (1, 2):
        order = torch.randperm(250, generator=generator(1, epoch, "order"))
        moves = draw(250, generator(1, epoch, "augmentation"))
        images = few.standardise_(augment(few.train.images[order].float() / 255, moves, *LIMITS))
        for x, y in zip(images.split(100), few.train.labels[order].split(100), strict=True):
            reference.zero_grad()
            F.cross_entropy(model(x), y).backward()
            reference.step()
            schedule.step()
    tolerance = {"sgd": 1e-5, "adamw": 1e-3}[optimizer]  # Adam divides tiny gradients by tiny numbers
    for name, weight in run.model.state_dict().items():
        torch.testing.assert_close(weight, model.state_dict()[name], rtol=0, atol=tolerance, msg=name)


def test_weight_decay_acts_on_convolution_and_linear_weights_alone():
    for optimizer in ("adamw", "sgd", "muon"):
        model = Net("bn")
        made = Optimizers(config(optimizer=optimizer, weight_decay=0.3), model).all
        groups = [group for each in made for group in each.param_groups]
        assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))
        decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
        decayed = {id(weight) for weight in penalised_weights(model)}
        assert decay == {id(p): 0.3 if id(p) in decayed else 0.0 for p in model.parameters()}


def test_the_penalty_is_part_of_what_is_differentiated(few):
    """One step of SGD with and without: the weights differ by rate × λ × sign(w), everything else not at all."""
    one_step = {"norm": "ln", "optimizer": "sgd", "max_lr": 1.0, "weight_decay": 0, "epochs": 1, "batch_size": 250}
    without, with_penalty = fit(config(**one_step), few), fit(config(**one_step, l1=0.01), few)
    start = Net("ln")
    initialise(start, generator(1, 0, "weights"))
    plan = OneCycleLR(
        torch.optim.SGD(start.parameters(), lr=1), 1.0, total_steps=2, pct_start=0.2, cycle_momentum=False
    )
    rate = 1.9 * plan.get_last_lr()[0]  # Nesterov's first step is 1 + 0.9 gradients
    penalised = {id(weight) for weight in penalised_weights(start)}
    for initial, a, b in zip(
        start.parameters(), without.model.parameters(), with_penalty.model.parameters(), strict=True
    ):
        expected = -rate * 0.01 * initial.detach().sign() if id(initial) in penalised else torch.zeros_like(initial)
        torch.testing.assert_close((b - a).detach(), expected, rtol=0, atol=1e-6)
    assert without.history[0]["train_loss"] == with_penalty.history[0]["train_loss"]  # the penalty is not in it


def test_the_norms_are_those_of_the_weights_after_the_epoch_and_of_its_last_gradients(few):
    run = fit(config(epochs=2), few)
    weights = penalised_weights(run.model)
    assert run.history[-1]["weight_norms"] == [float(weight.detach().norm()) for weight in weights]
    assert run.history[0]["weight_norms"] != run.history[1]["weight_norms"]
    one_step = config(norm="gn", l1=0.01, epochs=1, batch_size=250)
    run = fit(one_step, few)
    start = Net("gn")
    initialise(start, generator(1, 0, "weights"))
    images, labels = next(Batches(one_step, few, torch.device("cpu")).of(1))
    weights = penalised_weights(start)
    objective = F.cross_entropy(start(images), labels) + 0.01 * sum(weight.abs().sum() for weight in weights)
    expected = [float(gradient.norm()) for gradient in torch.autograd.grad(objective, weights)]
    assert run.history[0]["gradient_norms"] == pytest.approx(expected, rel=1e-4)
    assert len(expected) == 5


def test_lambda_0_changes_nothing(few):
    # 1e-30 takes the way of the penalty, and is lost in every sum with a number of float32.
    sgd = {"norm": "gn", "optimizer": "sgd", "max_lr": 0.1}
    off, on = fit(config(**sgd, l1=0), few), fit(config(**sgd, l1=1e-30), few)
    assert [entry["penalty"] for entry in off.history] == [0.0, 0.0]
    for entry, other in zip(without_times(off), without_times(on), strict=True):
        assert {**entry, "penalty": other["penalty"]} == other
    assert same_weights(off.model, on.model)


def test_the_penalty_of_the_history_is_that_of_the_weights(trained):
    weights = penalised_weights(trained.run.model)
    assert trained.run.history[-1]["penalty"] == pytest.approx(1e-5 * l1_norm(weights).item(), rel=1e-6)


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(data):
    run = fit(config(**DIVERGES, epochs=3), data)
    assert run.diverged.keys() == {"epoch", "step", "lr"}
    assert run.diverged["epoch"] == len(run.history) + 1 <= 3
    assert 1 <= run.diverged["step"] <= 9
    assert 0 < run.diverged["lr"] <= 100
    assert run.predictions is None
    assert all(math.isfinite(value) for entry in run.history for value in entry.values())


def test_a_diverged_run_keeps_its_finished_epochs(few, monkeypatch):
    # 3 steps an epoch; the rate is harmless in the first epoch and absurd afterwards.
    monkeypatch.setattr(schedule, "learning_rates", lambda config, steps: [1e-4] * 3 + [1e30] * (steps - 3))
    run = fit(config(norm="none", optimizer="sgd", max_lr=1e-3, epochs=4), few)
    assert [entry["epoch"] for entry in run.history] == [1]
    assert (run.diverged["epoch"], run.diverged["lr"]) == (2, 1e30)
    assert run.diverged["step"] in (2, 3)
    assert run.predictions is None


def test_a_run_that_diverges_in_evaluation_is_diverged(few):
    calls = []

    def poison(module, inputs):
        if isinstance(module, Net) and not module.training:
            calls.append(module)
            return (inputs[0] * math.nan,)
        return None

    handle = register_module_forward_pre_hook(poison)
    try:
        run = fit(config(), few)
    finally:
        handle.remove()
    assert len(calls) == 1
    assert run.history == []
    assert run.predictions is None
    assert (run.diverged["epoch"], run.diverged["step"]) == (1, 3)


@pytest.mark.parametrize("chosen", [{}, DIVERGES])
def test_torchs_global_state_is_put_back(few, chosen):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        during = []
        fit(config(**chosen, threads=1, epochs=1), few)
        fit(
            config(threads=1, epochs=1),
            few,
            on_epoch=lambda entry: during.append(torch.get_num_threads()),
        )
        assert during == [1]
        assert torch.get_num_threads() == 2
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_num_threads(threads)


def test_a_batch_larger_than_the_data_is_refused_before_training():
    with pytest.raises(ParameterError, match="batch_size"):
        fit(Config.model_construct(**{**config().model_dump(), "batch_size": 5000, "precision": "auto"}))


def test_validation_trains_on_fewer_images(seen):
    run = fit(config(evaluate_on="validation", epochs=1))
    assert sum(len(images) for in_training, images in seen if in_training) == 718
    assert len(run.predictions.label) == 180


def test_randomness_depends_on_seed_epoch_and_purpose_alone():
    def first(*arguments):
        return torch.rand(4, generator=generator(*arguments)).tolist()

    torch.manual_seed(5)
    assert first(1, 2, "order") == first(1, 2, "order")
    different = [
        (1, 2, "order"),
        (2, 2, "order"),
        (1, 3, "order"),
        (1, 2, "weights"),
        (2, 1, "order"),
        (2**63 - 1, 2, "order"),
    ]
    assert len({tuple(first(*arguments)) for arguments in different}) == len(different)
    # Fixed for ever: published runs can be made again only as long as this holds.
    assert generator(1, 2, "order").initial_seed() == 13879263018512505074
