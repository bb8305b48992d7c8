"""What is measured on a run: distances, spectra, layouts and paths of known patterns.

Lesson 04 defines its measures on its page. They are taken from there, and those that `metrics` has
too must agree with it.
"""

from __future__ import annotations

import ast
import math
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch

from helpers import metrics

LESSON = Path(__file__).parents[1] / "course" / "04_watching_denoising.ipynb"
MEASURES = ("distance", "rings", "radial_power", "agreement", "layout", "layout_kept")


def on_the_page() -> SimpleNamespace:
    """The measures as lesson 04 defines them."""
    code = [c.source for c in nbformat.read(LESSON, 4).cells if c.cell_type == "code"]
    parts = [node for source in code[1:] for node in ast.parse(source).body]
    mine = [n for n in parts if isinstance(n, ast.FunctionDef) and n.name in MEASURES]
    names = {"torch": torch, "F": torch.nn.functional}
    exec(compile(ast.Module(mine, []), str(LESSON), "exec"), names)
    return SimpleNamespace(**{name: names[name] for name in MEASURES})


page = on_the_page()


def test_the_page_and_the_package_measure_the_same():
    a, b = torch.randn(2, 3, 4, 16, 16, generator=torch.Generator().manual_seed(3))
    assert page.distance(a, b) == pytest.approx(metrics.distance(a, b))
    torch.testing.assert_close(page.radial_power(a), metrics.radial_power(a))
    assert torch.equal(page.rings(16).long(), metrics._rings(a))
    torch.testing.assert_close(page.layout(a), metrics.layout(a))
    common = metrics.layout(a).mean(0)
    for given in ((a, b), (a, b, common)):
        assert page.layout_kept(*given) == pytest.approx(metrics.layout_kept(*given))


def waves(down: int, across: int, side: int = 16) -> torch.Tensor:
    """A cosine with so many waves down and across, (1, 1, side, side)."""
    line = torch.arange(side) * 2 * math.pi / side
    return torch.cos(down * line[:, None] + across * line[None, :])[None, None]


def test_distance_is_the_root_mean_square():
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])
    assert metrics.distance(a, b) == pytest.approx(2**0.5)  # the number on the page
    assert metrics.distance(a, a) == 0


@pytest.mark.parametrize("wave", [(1, 0), (0, 2), (3, 0), (3, 4), (8, 0)])
def test_a_single_wave_has_all_its_power_in_its_own_ring(wave):
    power = metrics.radial_power(waves(*wave))
    assert power.shape == (9,)
    assert int(power.argmax()) == round(math.hypot(*wave))
    assert float(power.sum() - power.max()) < 1e-6


def test_white_noise_has_power_one_at_every_wave():
    noise = torch.randn(500, 2, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(metrics.radial_power(noise), torch.ones(9), atol=0.1, rtol=0)
    torch.testing.assert_close(
        metrics.radial_power(3 * noise), 9 * metrics.radial_power(noise)
    )  # variance, not standard deviation


def test_powers_of_all_frequencies_sum_to_the_sum_of_squares():
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    rings = metrics._rings(x)
    inside = rings <= 4
    spectrum = torch.fft.fft2(x)[0, 0].abs().square() / 64
    counts = torch.bincount(rings[inside])
    total = (metrics.radial_power(x) * counts).sum() + spectrum[~inside].sum()
    torch.testing.assert_close(total, x.square().sum())


def test_agreement_is_measured_inside_the_band_only():
    coarse, fine, turned = waves(1, 0), waves(5, 0), waves(0, 5)
    mixed, other = coarse + fine, coarse + turned
    assert page.agreement(mixed, other, 1, 1) == pytest.approx(1, abs=1e-5)
    assert page.agreement(mixed, other, 4, 8) == pytest.approx(0, abs=1e-5)
    assert page.agreement(mixed, coarse - fine, 4, 8) == pytest.approx(-1, abs=1e-5)
    assert page.agreement(mixed, 5 * mixed, 0, 99) == pytest.approx(1, abs=1e-5)


def test_agreement_sees_where_a_wave_is_not_only_how_strong():
    shifted = waves(2, 0).roll(2, dims=2)  # a quarter of its period
    assert page.agreement(waves(2, 0), shifted, 2, 2) == pytest.approx(0, abs=1e-5)
    torch.testing.assert_close(
        metrics.radial_power(shifted), metrics.radial_power(waves(2, 0)), atol=1e-5, rtol=0
    )


def test_layout_is_the_mean_of_each_cell_without_the_overall_colour():
    x = torch.zeros(1, 2, 16, 16)
    x[0, 1, 4:8, 12:16] = 16
    x[0, 0] += 7
    seen = page.layout(x)
    assert seen.shape == (1, 2, 4, 4)
    assert float(seen[0, 1, 1, 3]) == 15 and float(seen[0, 1, 0, 0]) == -1
    assert float(seen[0, 0].abs().max()) == 0
    assert page.layout(x[0]).shape == (2, 4, 4)


def test_layout_kept_ignores_detail_brightness_and_contrast():
    sky = torch.linspace(1, -1, 16).view(1, 1, 16, 1).expand(1, 1, 16, 16)
    assert page.layout_kept(sky, 2 * sky + 5 + waves(8, 8)) == pytest.approx(1, abs=1e-5)
    assert page.layout_kept(sky, -sky) == pytest.approx(-1, abs=1e-5)


def test_layout_kept_leaves_out_what_is_common():
    """Two pictures that share nothing but a large common layout."""
    common = 10 * page.layout(waves(1, 16))
    one, other = torch.randn(2, 1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    both = one + 10 * waves(1, 16), other + 10 * waves(1, 16)
    assert page.layout_kept(*both) > 0.9
    own = page.layout_kept(one, other)
    assert page.layout_kept(*both, common) == pytest.approx(own, abs=1e-3)
    assert abs(own) < 0.5


def test_project_finds_the_widest_plane_and_its_example_by_hand():
    line = torch.tensor([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    flat = metrics.project(line)
    torch.testing.assert_close(flat[:, 0].abs(), torch.tensor([8**0.5, 0.0, 8**0.5]))
    assert float(flat[:, 1].abs().max()) < 1e-5


def test_project_agrees_with_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    points = torch.randn(12, 30, generator=torch.Generator().manual_seed(1)) + 7
    expected = torch.from_numpy(decomposition.PCA(2).fit_transform(points.numpy())).float()
    torch.testing.assert_close(metrics.project(points).abs(), expected.abs(), atol=1e-4, rtol=0)


def test_different_shapes_are_refused_not_broadcast():
    with pytest.raises(ValueError, match=r"a and b must have one shape, got \(1, .* and \(2, "):
        metrics.distance(torch.zeros(1, 4, 4, 4), torch.zeros(2, 4, 4, 4))


def test_spectra_are_of_squares():
    with pytest.raises(ValueError, match=r"x must be square, .* got \(1, 1, 4, 6\); crop it"):
        metrics.radial_power(torch.zeros(1, 1, 4, 6))


def test_a_picture_is_as_far_away_as_other_drawings_are_on_the_average():
    original = torch.full((3, 8, 8), 0.5)
    others = torch.stack([original + 0.1, original - 0.3])
    pictures = torch.stack([original, original + 0.2, original - 0.1, original + 0.4])
    found = metrics.away(pictures, original, others)
    torch.testing.assert_close(found, torch.tensor([0.0, 1.0, 0.5, 2.0]))
