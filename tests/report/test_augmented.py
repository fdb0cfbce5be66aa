"""The sheet of augmented images."""

from made_runs import made_run

from normstudy.report import augmented


def test_strengths_are_told_in_the_units_of_the_prose():
    run = made_run("bn", [], rotation=12.5, scale=0.1, shift=2.0, fade=0.25)
    assert augmented.strength([run]) == ("12.5", "10", "2", "25")


def test_the_sheet_has_originals_above_their_versions(trained):
    figure = augmented.augmentation_figure(trained.config, trained.data, images=3, versions=2)
    assert len(figure.axes) == 3 * (1 + 2)
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["original", "version 1", "version 2"]
    original = trained.data.train.images[1, 0].numpy() / 255
    assert abs(figure.axes[1].images[0].get_array() - original).max() < 1e-6
    assert abs(figure.axes[4].images[0].get_array() - original).max() > 0.1
