"""`python -m helpers`: the command line of the course."""

import sys


def start() -> int:
    """Runs the command line, and ends it quietly when Ctrl-C comes while it is still being read."""
    try:
        from .cli import main

        return main()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(start())
