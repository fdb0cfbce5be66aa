"""Pictures as people have them: kinds, modes, polarity, and files that are none."""

import io
import os
import pathlib
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from normstudy.using import image_file
from normstudy.using.image_file import ImageFileError, read_grey
from normstudy.using.photo import read_photo

BAR = (60, 10, 80, 70)
"""An upright bar near the left edge of the right half, from the top on."""


def drawn(mode="L", ground=255, ink=0, size=(120, 90)) -> Image.Image:
    image = Image.new(mode, size, ground)
    ImageDraw.Draw(image).rectangle(BAR, fill=ink)
    return image


def is_bar(grey) -> bool:
    """Whether `grey` has the bar, bright, and nothing else."""
    bright = (grey.values - grey.ground) > 0.5 * (grey.values.max() - grey.ground)
    expected = np.zeros((90, 120), bool)
    expected[BAR[1] : BAR[3] + 1, BAR[0] : BAR[2] + 1] = True
    return bright.shape == expected.shape and (bright != expected).mean() < 0.01


BLACK_ON_WHITE = np.asarray(drawn())


def of_bits(bits: int) -> Image.Image:
    """Values of so many bits in a picture of 16."""
    return Image.fromarray((BLACK_ON_WHITE / 255 * (2**bits - 1)).astype(np.uint16))


KINDS = {
    "grey.png": (drawn(), "inverted"),
    "dark.png": (drawn(ground=0, ink=255), ""),
    "faint.png": (drawn(ground=180, ink=120), "inverted"),
    "colour.png": (drawn("RGB", "yellow", "navy"), "colours made grey, inverted"),
    "photo.jpg": (drawn("RGB", (250, 245, 235), (30, 30, 40)), "inverted"),
    "two.bmp": (drawn("1", 1, 0), "inverted"),
    "palette.gif": (drawn("RGB", "white", "red").quantize(4), "colours made grey, inverted"),
    "print.tif": (drawn("RGB", "white", "black").convert("CMYK"), "inverted"),
    "sixteen.png": (of_bits(16), "16 bits made 8, inverted"),
    "twelve.png": (of_bits(12), "12 bits made 8, inverted"),
    "ten.png": (of_bits(10), "10 bits made 8, inverted"),
    "ten.tif": (of_bits(10), "10 bits made 8, inverted"),
    "eight.png": (of_bits(8), "inverted"),
    "one.png": (Image.fromarray((BLACK_ON_WHITE > 0).astype(np.uint8)), "1 bit made 8, inverted"),
    "numbers.tif": (
        Image.fromarray(BLACK_ON_WHITE.astype(np.float32) * 7 - 3),
        "stretched to full brightness, inverted",
    ),
    "ink.png": (drawn("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), "transparent parts made white, inverted"),
    "chalk.png": (drawn("RGBA", (0, 0, 0, 0), (255, 255, 255, 255)), "transparent parts made black"),
    "grey_ink.png": (drawn("LA", (9, 0), (0, 255)), "transparent parts made white, inverted"),
    "opaque.png": (drawn("RGBA", (255, 255, 255, 255), (0, 0, 0, 255)), "inverted"),
    "picture.webp": (drawn("RGB", "white", "black"), "inverted"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_shows_the_same_bright_on_dark(name, tmp_path):
    image, done = KINDS[name]
    image.save(tmp_path / name)
    grey = read_grey(tmp_path / name)
    assert is_bar(grey)
    assert grey.done[0] == "120 x 90 pixels"
    assert ", ".join(grey.done[1:]).endswith(done)
    assert bool(done) or len(grey.done) == 1
    assert is_bar(read_grey(image))


def as_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "source",
    [
        as_bytes(drawn()),
        bytearray(as_bytes(drawn())),
        io.BytesIO(as_bytes(drawn())),
        BLACK_ON_WHITE,
        BLACK_ON_WHITE > 0,
        BLACK_ON_WHITE / 255,
        BLACK_ON_WHITE.astype(int),
        (BLACK_ON_WHITE / 255 * 1023).astype(np.uint16),
        np.asarray(drawn("RGB", "white", "black")),
        np.asarray(drawn("RGB", "white", "black")) / 255,
        np.asarray(drawn("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))),
        torch.from_numpy(BLACK_ON_WHITE.copy())[None] / 255,
    ],
    ids=lambda source: f"{type(source).__name__} {getattr(source, 'dtype', '')} {getattr(source, 'shape', '')}",
)
def test_bytes_files_and_arrays_are_read_as_well(source):
    for _ in range(2):  # a file of the caller's stays open
        assert is_bar(read_grey(source))
        image, _ = read_photo(source, (3, 90, 90))
        assert image[45, 55].tolist() == [0, 0, 0]
        assert image[45, 5].tolist() == [255, 255, 255]


@pytest.mark.fault("`classify` is given what is no picture", "one line names the type")
@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "the picture: an object of the type NoneType is none; name a file, or give bytes"),
        ([drawn()], "the type list"),
        (b"a text", "the picture: no picture of a kind that is read"),
        (io.StringIO("a text"), "no picture that can be read"),
        (np.zeros((5, 28, 28)), r"an array of float64 of the shape \(5, 28, 28\)"),
        (np.zeros((0, 28)), r"of the shape \(0, 28\)"),
        (np.full((9, 9), "x"), "an array of <U1"),
        ("https://example.org/scan.png", "https://example.org/scan.png: an address; download the picture"),
        (pathlib.Path("http://example.org/scan.png"), "an address; download the picture"),
    ],
)
def test_what_cannot_be_a_picture_is_named_in_one_line(source, why):
    with pytest.raises(ImageFileError, match=why) as caught:
        read_grey(source)
    assert len(str(caught.value).splitlines()) == 1


def test_colours_of_16_bits_with_the_upper_ones_empty_are_refused_with_the_remedy():
    header = struct.pack(">IIBBBBB", 9, 9, 16, 2, 0, 0, 0)
    lines = (b"\0" + np.linspace(0, 1023, 27).astype(">u2").tobytes()) * 9
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")):
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    with pytest.raises(ImageFileError, match="save it with 8 bits"):
        read_grey(data)


def test_a_picture_with_rounded_transparent_corners_keeps_its_ground(tmp_path):
    image = drawn("RGBA", (255, 255, 255, 255), (0, 0, 0, 255))
    for corner in [(0, 0), (119, 0), (0, 89), (119, 89)]:
        image.putpixel(corner, (0, 0, 0, 0))
    grey = read_grey(image)
    assert is_bar(grey)
    assert grey.values[0, 0] == grey.ground == 0
    assert "transparent parts made white" in grey.done


@pytest.mark.parametrize(("orientation", "turn"), [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90)])
def test_a_photo_is_turned_as_its_camera_was(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    drawn().transpose(turn).save(tmp_path / "photo.jpg", exif=exif)
    grey = read_grey(tmp_path / "photo.jpg")
    assert is_bar(grey)
    assert "turned as its EXIF data say" in grey.done


def test_of_several_pictures_the_first_is_taken(tmp_path):
    drawn().save(tmp_path / "moving.gif", save_all=True, append_images=[drawn(ground=0, ink=255)])
    grey = read_grey(tmp_path / "moving.gif")
    assert is_bar(grey)
    assert "first of 2 pictures" in grey.done


def test_a_large_picture_is_reduced(tmp_path):
    drawn(size=(120, 90)).resize((4_800, 3_600)).save(tmp_path / "large.png")
    grey = read_grey(tmp_path / "large.png")
    assert grey.values.shape == (900, 1_200)
    assert grey.done[0] == "4800 x 3600 pixels"


def cut(path):
    drawn().save(path)
    path.write_bytes(path.read_bytes()[:90])


def of_numbers(value):
    values = np.ones((9, 9), np.float32)
    values[3, 3] = value
    return lambda path: Image.fromarray(values).save(path, format="TIFF")


@pytest.mark.fault(
    "a file given to `make predict` is no picture, cut off, too large, blank or a pipe", "one line names it"
)
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, r"no picture that can be read \(No such file"),
        (lambda path: path.write_text("a text"), "no picture of a kind that is read"),
        (lambda path: path.write_bytes(b""), "no picture of a kind that is read"),
        (lambda path: path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "no picture of a kind"),
        (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "no picture of a kind"),
        (cut, "no picture that can be read"),
        (lambda path: Image.new("1", (20_000, 20_000)).save(path), "more than 50 million pixels"),
        (lambda path: Image.new("1", (8_000, 8_000)).save(path), "more than 50 million pixels"),
        (lambda path: Image.new("L", (90, 90), 255).save(path), "nothing is drawn in it"),
        (lambda path: Image.new("RGBA", (90, 90)).save(path), "nothing is drawn in it"),
        (of_numbers(np.nan), "values that are no numbers"),
        (lambda path: path.mkdir(), "a folder, where a picture is needed"),
        (os.mkfifo, "no file"),
    ],
)
def test_what_is_no_picture_is_named_in_one_line(tmp_path, make, why):
    path = tmp_path / "given.png"
    make(path)
    with pytest.raises(ImageFileError, match=why) as caught:
        read_grey(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: ")


def test_no_format_that_runs_programs_is_read():
    assert "EPS" not in image_file.FORMATS
