"""Settings for running the lessons as tests (nbval); fixtures are in tests/conftest.py."""

import pytest


def pytest_collectstart(collector):
    """Do not compare stderr: progress bars and library notices differ from run to run."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With several processes (`-n 2 --dist loadgroup`), what shares a kernel or a costly fixture
    stays in one: the cells of a lesson, the tests of a file, all of tests/training."""
    for item in items:
        path = item.path.relative_to(item.config.rootpath)
        if path.name != "test_notebooks.py":  # each of its tests stands alone, and some are long
            group = path.parent if path.parent.name == "training" else path
            item.add_marker(pytest.mark.xdist_group(group.as_posix()))
