"""Figures in Japanese: every letter is drawn, every text in its place, and nothing else changes."""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from helpers import language, plots
from helpers.plots import alt, style

from . import japanese
from .test_literal import NO_WORDS

PICTURES_ALONE = {
    "animation", "arrow_field", "bundle", "encode", "feature_colours", "frames", "heat_picture",
    "looked_at", "new_axes", "point_cloud", "show", "side_by_side", "to_image", "video",
}  # fmt: skip


def test_every_figure_can_be_drawn_in_japanese():
    """In a process of its own: many words are read when their module is imported."""
    functions = {name for name in plots.__all__ if name.islower()}
    assert PICTURES_ALONE <= NO_WORDS and functions - PICTURES_ALONE <= japanese.DRAWN.keys()
    done = subprocess.run(
        [sys.executable, "-m", "tests.plots.japanese"],
        env=os.environ | {"COURSE_LANGUAGE": "ja", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout == f"{len(japanese.DRAWN)} figures, 0 faults\n", done.stdout + done.stderr
    assert done.stderr == ""


def test_a_letter_that_no_font_has_is_found(monkeypatch):
    monkeypatch.setattr(style, "japanese_font", lambda: None)
    said, _ = japanese.drawn(japanese.root(plots.picture_grid([japanese.PICTURE], ["山"])))
    assert any("Glyph" in each for each in said)


def test_a_text_out_of_its_place_is_found():
    figure = japanese.root(style.new_axes(2, 2))
    figure.text(0.9, 0.5, "a long text")
    figure.text(0.1, 0.5, "below")
    figure.text(0.1, 0.5, "above")
    said, places = japanese.drawn(figure)
    faults = list(japanese.misplaced(figure, places))
    assert not said and len(faults) == 2
    assert "leaves the figure: 'a long text'" in faults
    assert "covers another one: 'below', 'above'" in faults


def test_an_english_text_is_found_beside_formulas_and_names():
    figure = japanese.root(style.new_axes(4, 2))
    for place, words in enumerate(("VAEの出力 $\\alpha$", "the VAE", "0.5", "share")):
        figure.text(0.1, 0.2 * place, words)
    _, places = japanese.drawn(figure)
    assert list(japanese.untranslated(places)) == ["is English: 'the VAE'", "is English: 'share'"]


OWN_WORDS = {
    "annotate", "set_label", "set_title", "set_xlabel", "set_ylabel", "suptitle", "supxlabel",
    "supylabel", "text",
}  # fmt: skip
"""Methods of Matplotlib that write."""


def without_message(node: ast.AST) -> Iterator[ast.Constant]:
    """The texts in an expression that do not go through `_`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"):
        for part in ast.iter_child_nodes(node):
            yield from without_message(part)


def test_what_a_figure_says_itself_is_a_message():
    """In branches, too, that no figure of `japanese.DRAWN` goes through."""
    for file in sorted(Path(plots.__file__).parent.glob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                given = call.args if getattr(call.func, "attr", "") in OWN_WORDS else []
                named = [each.value for each in call.keywords if each.arg in ("label", "title")]
                for literal in itertools.chain.from_iterable(map(without_message, given + named)):
                    words = re.sub(r"\$[^$]*\$", "", literal.value)
                    assert not re.search("[a-z]{3}", words), f"{file.name}, line {literal.lineno}"


def families(ax, words: str) -> list[str]:
    """The fonts of a text, once its figure is drawn."""
    figure = japanese.root(ax)
    _, places = japanese.drawn(figure)
    return next(text.get_fontfamily() for text in places if text.get_text() == words)


def test_a_japanese_prompt_in_an_english_figure_has_its_letters_and_other_words_their_font():
    ax = plots.picture_grid([japanese.PICTURE] * 2, ["山と川", "a river"])
    own = plt.rcParams["font.family"]
    assert families(ax, "a river") == own
    assert families(ax, "山と川") == ["IPAexGothic", *own] == families(ax, "山と川")


def test_a_readers_own_figure_is_spelled_when_it_is_shown_and_others_are_left_alone():
    mine, other = plt.figure(), plt.figure()
    words, others = mine.text(0.5, 0.5, "山", weight="bold"), other.text(0.5, 0.5, "山")
    plots.to_image(mine)
    assert words.get_fontfamily()[0] == "IPAexGothic" and words.get_fontweight() == "normal"
    assert words.get_path_effects()  # instead of bold letters, which the font does not have
    assert others.get_fontfamily() == plt.rcParams["font.family"]
    assert "matplotlib_fontja" not in sys.modules  # importing it would change the other figure


def test_without_the_package_figures_are_drawn_as_before(monkeypatch):
    def missing(name: str):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(style.metadata, "distribution", missing)
    assert style.japanese_font.__wrapped__() is None


TRANSLATED = [
    path for one in language.languages()[1:] for path in sorted((alt.FOLDER / one).glob("*.json"))
]


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_translated_alternative_texts_have_the_keys_of_the_english_ones(path):
    english = alt.catalogue(path.stem)
    translated = json.loads(path.read_text(encoding="utf-8"))
    assert list(translated) == list(english) and all(translated.values())


def test_an_alternative_text_is_in_the_language_that_is_spoken_or_in_english(monkeypatch, tmp_path):
    texts = {"en": {"a": "a lake", "b": "a river"}, "ja": {"a": "湖"}}
    for name, found in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "77.json").write_text(json.dumps(found), encoding="utf-8")
    monkeypatch.setattr(alt, "FOLDER", tmp_path)
    assert alt.alt_text("77.a") == "a lake"
    monkeypatch.setattr(language, "_spoken", ["ja"])
    assert [alt.alt_text(key) for key in ("77.a", "77.b")] == ["湖", "a river"]
    with pytest.raises(ValueError, match='no alternative text is called "77.c"'):
        alt.alt_text("77.c")
