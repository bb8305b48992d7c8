"""Files that say of themselves that a model made them, or a part of them.

Beside the settings of the picture (`sampling.settings`) a PNG carries the property *Digital Source
Type* of the IPTC, which programs read: https://cv.iptc.org/newscodes/digitalsourcetype/.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from ..files import written_beside
from ..sampling.packed import png_info
from ..sampling.settings import KEY

XMP = "XML:com.adobe.xmp"
"""Name of the text chunk in which a PNG carries XMP (XMP specification, part 3)."""

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
"""A composite of several elements, at least one of which a model made."""

PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   Iptc4xmpExt:DigitalSourceType="{SOURCE}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def save_marked(
    picture: Image.Image, path: str | os.PathLike[str], settings: Mapping[str, Any]
) -> Path:
    """Writes a picture that was composed of generated ones as a PNG that says so.

    Args:
        picture: a banner, a strip, ...
        path: of the file; one of the same name is replaced.
        settings: of the run that its pictures come from, or of one picture (`read_settings`).

    Raises:
        ValueError: the name does not end in ".png", or the settings are longer than a picture can
            carry.
        OSError: it cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f'path must end in ".png", got "{path.name}"; a PNG keeps its text')
    text = png_info(KEY, json.dumps(dict(settings), ensure_ascii=False))
    text.add_itxt(XMP, PACKET)
    with written_beside(path) as place:
        picture.save(place, "PNG", pnginfo=text)
    return path
