"""Rotation, shift and scale of whole batches."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from normstudy.data.augmentation import augment, draw, strength
from normstudy.training.randomness import generator


def noise(count: int = 3, size: int = 28) -> torch.Tensor:
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(0))


def moves(*rows: tuple[float, float, float, float]) -> torch.Tensor:
    """Draws: how far each image is turned, resized, moved in x and in y, as shares of the limits."""
    return torch.tensor(rows)


def test_limits_of_zero_change_nothing():
    images = noise()
    same = augment(images, draw(3, generator(1, 1, "augmentation")), rotation=0.0, shift=0.0, scale=0.0)
    torch.testing.assert_close(same, images, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("x", "y"), [(2, 0), (0, 2), (-2, 0), (0, -2), (1, -2)])
def test_a_whole_shift_moves_pixels_exactly_and_brings_in_background(x, y):
    images = noise(1)
    moved = augment(images, moves((0, 0, x / 2, y / 2)), rotation=10.0, shift=2.0, scale=0.1)[0, 0]
    # The map goes from target to source: a positive draw looks to the right, so the image moves left.
    expected = torch.zeros(28, 28)
    for row in range(28):
        for column in range(28):
            if 0 <= row + y < 28 and 0 <= column + x < 28:
                expected[row, column] = images[0, 0, row + y, column + x]
    torch.testing.assert_close(moved, expected, rtol=0, atol=1e-5)


def test_rotation_shift_and_scale_together_agree_with_scipy():
    images = noise(8, size=20)
    draws = draw(8, generator(5, 1, "augmentation"))
    ours = augment(images, draws, rotation=25.0, shift=3.0, scale=0.2)
    centre = (20 - 1) / 2
    for image, (turn, resize, x, y), result in zip(images, draws.tolist(), ours, strict=True):
        angle, size = math.radians(25 * turn), 1 + 0.2 * resize
        matrix = [[math.cos(angle) / size, math.sin(angle) / size], [-math.sin(angle) / size, math.cos(angle) / size]]
        offset = [
            centre + 3 * shift - sum(entry * centre for entry in row) for shift, row in zip((y, x), matrix, strict=True)
        ]
        expected = ndimage.affine_transform(image[0].numpy(), matrix, offset, order=1, mode="grid-constant", cval=0.0)
        torch.testing.assert_close(result[0], torch.from_numpy(expected), rtol=0, atol=1e-4)


def test_corners_of_a_white_image_become_background_never_white():
    white = torch.ones(1, 1, 28, 28)
    turned = augment(white, moves((1, 0, 0, 0)), rotation=45.0, shift=0.0, scale=0.0)[0, 0]
    for corner in (turned[:4, :4], turned[:4, -4:], turned[-4:, :4], turned[-4:, -4:]):
        assert corner.eq(0).all()
    assert turned[14, 14] == pytest.approx(1)
    shrunk = augment(white, moves((0, -1, 0, 0)), rotation=0.0, shift=0.0, scale=0.5)[0, 0]
    assert shrunk[:6].eq(0).all()
    assert shrunk[:, -6:].eq(0).all()


@given(st.integers(0, 10_000), st.floats(0, 180), st.floats(0, 14), st.floats(0, 0.5))
@settings(max_examples=40, deadline=None)
def test_brightness_stays_within_background_and_white(seed, rotation, shift, scale):
    images = noise(4)
    result = augment(images, draw(4, torch.Generator().manual_seed(seed)), rotation, shift, scale)
    assert result.shape == images.shape
    assert result.min() >= 0
    assert result.max() <= images.max() + 1e-6


def test_draws_fill_their_range_and_depend_on_the_generator_alone():
    torch.manual_seed(1)
    first = draw(1000, generator(3, 2, "augmentation"))
    torch.manual_seed(2)
    assert torch.equal(first, draw(1000, generator(3, 2, "augmentation")))
    for other in (generator(4, 2, "augmentation"), generator(3, 3, "augmentation"), generator(3, 2, "order")):
        assert not torch.equal(first, draw(1000, other))
    assert first.shape == (1000, 4)
    assert first.min(dim=0).values.lt(-0.98).all()
    assert first.max(dim=0).values.gt(0.98).all()
    assert first.abs().max() <= 1
    assert first.mean(dim=0).abs().max() < 0.1


def test_strength_is_full_and_then_fades_to_nothing():
    assert [strength(epoch, 20, 0.2) for epoch in range(1, 21)] == pytest.approx([1.0] * 16 + [0.75, 0.5, 0.25, 0.0])
    assert [strength(epoch, 4, 1.0) for epoch in range(1, 5)] == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert [strength(epoch, 3, 0.0) for epoch in range(1, 4)] == [1.0, 1.0, 1.0]
