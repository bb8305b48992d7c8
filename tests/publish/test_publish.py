"""Finished files: letters, contrast, banners, marks, pages."""

from __future__ import annotations

import math

import pytest
import torch
from matplotlib import pyplot
from PIL import Image

from helpers import publish
from helpers.publish import lettering
from helpers.publish.marking import SOURCE, XMP
from helpers.publish.pages import DOTS
from helpers.sampling.settings import read_settings

PICTURE = Image.radial_gradient("L").convert("RGB").resize((128, 128))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59),
     ("#ff0000", "#ffffff", 4.0), ("#123456", "#123456", 1.0), ("#767676", "#ffffff", 4.54)],
)  # fmt: skip
def test_contrast_is_that_of_the_guidelines(one, other, ratio):
    """Ratios that public contrast checkers give for these colours."""
    pair = [torch.tensor([int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)]) for c in (one, other)]
    assert float(publish.contrast(*pair)) == pytest.approx(ratio, abs=0.006)
    assert torch.equal(publish.contrast(*pair), publish.contrast(*pair[::-1]))


def test_luminance_meets_itself_where_its_two_branches_do():
    below, above = (publish.luminance(torch.full((3,), 0.04045 + d)) for d in (-1e-6, 1e-6))
    assert float(above - below) == pytest.approx(0, abs=1e-5)
    assert publish.luminance(torch.rand(2, 5, 3)).shape == (2, 5)


def test_the_font_has_english_and_japanese():
    assert lettering.check_letters("x", "Sleep 湖のはじまりで眠る、カフェ。é!")


@pytest.mark.parametrize(
    ("text", "told"),
    [("lake 🏕", "the course's font lacks '.U0001f3d5'; it has Latin letters"), ("Ω", "lacks"),
     ("  ", "headline is empty; say what")],
)  # fmt: skip
def test_letters_that_are_lacking_are_named(text, told):
    with pytest.raises(ValueError, match=told):
        lettering.check_letters("headline", text)
    with pytest.raises(TypeError, match="headline must be a text, got int"):
        lettering.check_letters("headline", 3)


def test_lines_are_broken_between_words_and_between_kanji():
    assert lettering.lines_of("one two three", 80, 16) == ["one two", "three"]
    lines = lettering.lines_of("湖のはじまりで、眠る。ー", 50, 16)
    assert "".join(lines) == "湖のはじまりで、眠る。ー" and len(lines) > 2
    assert not any(line[0] in lettering.CLINGING for line in lines)
    assert lettering.lines_of("indivisible", 20, 16) is None
    assert lettering.lines_of("a\nb", 90, 16) == ["a", "b"]


def test_text_is_as_large_as_fits():
    size, lines = lettering.fitted("Sleep where the lake begins", 300, 80, 60)
    font = lettering.font(size)
    assert all(font.getlength(line) <= 300 for line in lines)
    assert len(lines) * size * lettering.LEADING <= 80
    with pytest.raises(ValueError, match="does not fit into 20 x 9 pixels with letters of 8; say"):
        lettering.fitted("Sleep where the lake begins", 20, 9, 60)


SIZES = [(300, 250), (728, 90), (160, 600), (1200, 628), (1080, 1080), (64, 64)]


@pytest.mark.parametrize("size", SIZES)
def test_picture_and_words_lie_inside_the_banner(size):
    for left, top, right, bottom in publish.places(size):
        assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]


@pytest.mark.parametrize("size", SIZES[:5])
@pytest.mark.parametrize(
    "words", [("Sleep where the lake begins", "Lakeside Camp · open from May", "made by AI"),
              ("湖のはじまりで眠る", "五月から", "画像はAIで作成")]
)  # fmt: skip
def test_words_change_only_their_place(size, words):
    made = publish.backdrop(PICTURE, size, "#10243a", 1)
    headline, note, mark = words
    banner = publish.headline_on(made, headline, note, ink="white", mark=mark)
    changed = Image.new("L", size)
    changed.putdata([int(a != b) for a, b in zip(_pixels(made), _pixels(banner), strict=True)])
    left, top, right, bottom = changed.getbbox()
    box = publish.places(size)[1]
    assert box[0] <= left and box[1] <= top and right <= box[2] and bottom <= box[3]
    assert made.size == banner.size == size and made is not banner


def _pixels(picture):
    data = picture.tobytes()
    return [data[k : k + 3] for k in range(0, len(data), 3)]


def test_opacity_mixes_picture_and_colour():
    size, box = (300, 250), publish.places((300, 250))[1]
    bare, half, full = (
        publish.backdrop(PICTURE, size, "#ff0000", share).crop(box).getpixel((9, 9))
        for share in (0, 0.5, 1)
    )
    assert full == (255, 0, 0)
    assert half == pytest.approx([(a + b) / 2 for a, b in zip(bare, full, strict=True)], abs=1)


@pytest.mark.parametrize(
    ("size", "opacity", "told"),
    [((300, 250), 1.2, "opacity must lie in 0 ... 1, got 1.2"), ((300, 20), 1, "60 x 60 pixels")],
)
def test_impossible_banners_are_told(size, opacity, told):
    with pytest.raises(ValueError, match=told):
        publish.backdrop(PICTURE, size, "red", opacity)


def test_a_marked_file_tells_programs_and_keeps_its_settings(tmp_path):
    settings = {"prompt": ["湖", "a lake"], "seed": [1, 2]}
    path = publish.save_marked(PICTURE, tmp_path / "b.png", settings)
    with Image.open(path) as stored:
        assert SOURCE in stored.info[XMP] and stored.info[XMP].startswith("<?xpacket")
        assert stored.convert("RGB").tobytes() == PICTURE.tobytes()
    assert read_settings(path) == settings
    with pytest.raises(ValueError, match='path must end in ".png", got "b.jpg"; a PNG keeps'):
        publish.save_marked(PICTURE, tmp_path / "b.jpg", settings)


def a_page(count=4, factor=7):
    pictures = [publish.enlarge(PICTURE, factor)] * count
    return publish.page(pictures, ["flat $x$"] * count, "A house", "One motif.", "Made by AI.")


def test_a_page_is_a4_at_300_dots_an_inch_in_both_files(tmp_path):
    png, pdf = publish.save_page(a_page(), tmp_path / "poster", "A house")
    with Image.open(png) as stored:
        for length, wanted in zip(stored.size, (210, 297), strict=True):
            assert length / DOTS * 25.4 == pytest.approx(wanted, abs=0.2)
        assert stored.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert stored.info["Title"] == "A house"
        ink = stored.convert("L").point(lambda v: 255 * (v < 250)).getbbox()
        assert ink[0] > 100 and ink[2] < stored.width - 100  # the margins are empty
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF") and b"/MediaBox [ 0 0 595.27" in data
    assert pyplot.get_fignums() == []


def test_one_pixel_of_a_page_is_one_dot(tmp_path):
    """A picture of 896 pixels takes 896 dots, so nothing is blurred a second time."""
    board = Image.new("RGB", (128, 128), "white")
    board.putdata([(0, 0, 0) if (k + k // 128) % 2 else (255, 255, 255) for k in range(128 * 128)])
    figure = publish.page([publish.enlarge(board, 7, smooth=False)], ["c"], "t", "t", "t")
    png, _ = publish.save_page(figure, tmp_path / "p", "t")
    with Image.open(png) as stored:
        grey = stored.convert("L").crop((0, round(58 / 25.4 * 300) + 20, stored.width, 1300))
    row = list(grey.crop((0, 100, grey.width, 101)).tobytes())
    dark = [k for k, value in enumerate(row) if value < 128]
    assert 882 <= dark[-1] - dark[0] + 1 <= 896 and sum(64 < v < 192 for v in row) <= 130


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: publish.page([], [], "t", "t", "t"), "got 0 pictures and 0 captions"),
        (lambda: publish.page([PICTURE], ["a", "b"], "t", "t", "t"), "a caption for each"),
        (lambda: publish.page([PICTURE, PICTURE.resize((9, 9))], "ab", "t", "t", "t"), "differ"),
        (lambda: a_page(6), "take fewer, or enlarge them less"),
        (lambda: a_page(2, 9), "take fewer, or enlarge them less"),
        (lambda: publish.page([PICTURE], ["a"], " ", "t", "t"), "page: a text is empty"),
        (lambda: publish.enlarge(PICTURE, 0), "factor must be 1 or more, got 0"),
    ],
)  # fmt: skip
def test_impossible_pages_are_told(call, told):
    with pytest.raises(ValueError, match=told):
        call()
    pyplot.close("all")


def test_a_page_gets_its_endings_itself(tmp_path):
    figure = a_page(1)
    with pytest.raises(ValueError, match='leave ".pdf" out'):
        publish.save_page(figure, tmp_path / "poster.pdf", "t")
    pyplot.close(figure)


@pytest.mark.parametrize("smooth", [True, False])
def test_enlarging_adds_dots_not_detail(smooth):
    large = publish.enlarge(PICTURE, 3, smooth)
    assert large.size == (384, 384)
    back = large.resize(PICTURE.size, Image.Resampling.BOX)
    pairs = zip(back.tobytes(), PICTURE.tobytes(), strict=True)
    off = math.sqrt(sum((a - b) ** 2 for a, b in pairs) / (3 * 128 * 128))
    assert off < 3
