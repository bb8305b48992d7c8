"""Random arguments for what people call: it works, or the message names the argument.

RANDOM_ARGUMENTS=500 tries so many of each.
"""

from __future__ import annotations

import os

from helpers import plots
from helpers.finetuning import FinetuneConfig
from helpers.sampling import generate
from helpers.sampling.start import Start

from .random_arguments import FINETUNE, GENERATE, START, VIDEO, broken_promises

TRIES = int(os.environ.get("RANDOM_ARGUMENTS", "40"))


def test_generate_keeps_its_promise(tiny_random_pipe):
    def run(**arguments):
        generate(tiny_random_pipe, **{"steps": 1, **arguments}, progress=False)

    broken, seen = broken_promises(run, GENERATE, range(TRIES), more=["strength"])
    assert not broken, "\n".join(broken)
    assert min(seen["works"], seen["TypeError"] + seen["ValueError"]) > TRIES / 10, seen


def test_start_keeps_its_promise():
    broken, seen = broken_promises(Start, START, range(2 * TRIES), more=["start"])
    assert not broken, "\n".join(broken)
    assert min(seen["works"], seen["TypeError"] + seen["ValueError"]) > TRIES / 10, seen


def test_video_keeps_its_promise():
    broken, seen = broken_promises(plots.video, VIDEO, range(TRIES // 2))
    assert not broken, "\n".join(broken)
    assert min(seen["works"], seen["TypeError"] + seen["ValueError"]) > TRIES / 20, seen


def test_the_settings_of_a_new_word_keep_their_promise():
    broken, seen = broken_promises(FinetuneConfig, FINETUNE, range(3 * TRIES))
    assert not broken, "\n".join(broken)
    assert min(seen["works"], seen["TypeError"] + seen["ValueError"]) > TRIES / 10, seen
