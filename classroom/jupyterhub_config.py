"""JupyterHub for a class on one plain Linux server; classroom/README.md has the steps.

    cd /srv/hub    # as root; its database and its secret stay there
    /srv/course/.venv/bin/jupyterhub --config /srv/course/classroom/jupyterhub_config.py

Learners are accounts of the system, in the group `learners`. The course lies in one folder that
only root writes to; each learner works on copies of the lessons in their own home folder.
"""

import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

BEGIN = Path(__file__).resolve().with_name("begin.py")
MEMORY = 4  # GiB for each of a learner's processes: a lesson takes up to 3
IDLE = 3600  # seconds after which a kernel that computes nothing gives its memory back

# Only this machine reaches it: a web server with a certificate stands in front of it.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8081"

# The system's own accounts and passwords (PAM); nobody is an administrator who is not named here.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"learners"}
c.PAMAuthenticator.open_sessions = False

# A learner's server is a process of that learner. It first takes copies of the lessons and limits.
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.cmd = [sys.executable, str(BEGIN), str(MEMORY)]
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={IDLE}",
    "--MappingKernelManager.cull_connected=True",
    "--MappingKernelManager.cull_interval=300",
    "--KernelManager.transport=ipc",  # over TCP others on this machine could read the outputs
]
c.Spawner.default_url = "/lab/tree/course/00_start_here.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

# Kernels that share the cores draw most with one thread each (python -m tests.bench.room).
c.Spawner.environment = {"COURSE_THREADS": "1", "COURSE_DEVICE": "cpu"}

c.JupyterHub.concurrent_spawn_limit = 4  # a class arrives at once; each start takes a core a while
