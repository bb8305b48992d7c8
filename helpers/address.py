"""The public address of the course: written once, in pyproject.toml, and generated everywhere else.

`[project.urls] Repository` is the one place. `python -m helpers.address` rewrites what follows from
it: the marked block of README.md, and in every lesson the Colab badge and the common first cell.
`python -m helpers.address --check` changes nothing and exits with 1 if anything differs.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_CELL = '''\
# The same first cell in every lesson: on Colab it fetches the course, elsewhere it does nothing.
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    course = Path("/content/{name}")
    if not course.exists():
        subprocess.run(["git", "clone", "--depth=1", "{repository}", course], check=True)
    sys.path.insert(0, str(course))
    from helpers.doctor import install_missing

    install_missing()  # only what Colab lacks; never another torch'''
