"""Runs the lessons and stores their outputs in place: `python course/build.py [LESSON ...]`.

The outputs are the textbook that people read on the web. So they are cleaned of what a page cannot
show, or what is true of one computer only: live widgets (their still pictures stay), times of
execution, the folder that the course lies in.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from helpers.files import written_beside

COURSE = Path(__file__).resolve().parent
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
"""Without the ending, `jupyter nbconvert --to script` writes a .txt."""

VIEW = "application/vnd.jupyter.widget-view+json"


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Strips an executed notebook, in place, what changes from run to run or cannot be shown."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": LANGUAGE,
        }
        | {key: notebook.metadata[key] for key in ("language",) if key in notebook.metadata}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(VIEW, None)
            if "text" in output:
                output.text = output.text.replace(f"{COURSE.parent}{os.sep}", "")
    return notebook


def build(path: Path, timeout: int = 600) -> None:
    """Executes one lesson and stores its outputs; after an error the file stays as it was.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        coalesce_streams=True,  # one print, one output, however slowly it came
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    with written_beside(path) as place:
        place.write_text(nbformat.writes(clean(notebook), version=4) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Builds the lessons named, or all; returns the exit code."""
    parser = argparse.ArgumentParser(description=build.__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=Path, help="notebooks; default: all of course/")
    for path in parser.parse_args(argv).lessons or sorted(COURSE.glob("*.ipynb")):
        build(path)
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
