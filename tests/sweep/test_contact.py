"""The contact sheet: everything on one page, whatever the number."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from helpers.sweep.contact import contact_sheet


def test_a_contact_sheet_wraps_and_shrinks(tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    Image.new("RGB", (64, 64), "red").save(file)
    page = contact_sheet({"many": [file] * 23, "few": [file]})
    assert page.size == (10 * 132 + 4, 4 * 132 + 2 * 22 + 4)
    assert page.getpixel((10, 40)) == (255, 0, 0)
    huge = contact_sheet({"many": [file] * 5000})
    assert huge.width * huge.height < 50_000_000
    with pytest.raises(ValueError, match="there is no picture"):
        contact_sheet({})
