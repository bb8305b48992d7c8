"""Settings for teachers who hand out and grade the lessons with nbgrader.

Copy this file into the folder of your nbgrader course, and each lesson into
`source/00_start_here/00_start_here.ipynb` (and so on). The lessons are already the learners'
version: the exercises are stubs, so nothing has to be cleared from them.
"""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "stable-diffusion-step-by-step"
c.GenerateAssignment.preprocessors = [
    step for step in GenerateAssignment().preprocessors if step is not ClearSolutions
]
c.Execute.timeout = 300  # seconds for a cell
c.Execute.allow_errors = True  # one wrong answer does not keep the next from being graded
