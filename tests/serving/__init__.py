import os

# As `helpers.serving.app` does it, before any test imports Ray.
os.environ.setdefault("RAY_AUTH_MODE", "token")
