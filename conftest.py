"""Settings for running the lessons as tests (nbval); fixtures are in tests/conftest.py."""


def pytest_collectstart(collector):
    """Do not compare stderr: progress bars and library notices differ from run to run."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
