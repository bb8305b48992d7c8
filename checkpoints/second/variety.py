import sys, torch
from pathlib import Path
from helpers.loading import load
from helpers.training.probe import load_probe
from helpers.training.measures import VARIED, _spread, scenes_with, drawings_of
from helpers.training.examiner import Examiner
from helpers.training.sheets import save_rows
pipe=load('runs/second/model', device='cpu', dtype='float32'); pipe.set_progress_bar_config(disable=True)
ex=Examiner(pipe, load_probe(Path('runs/second/probe.safetensors')), 500)
rows=[]
for p,v in VARIED:
    d=_spread(ex.probe,drawings_of(scenes_with(v,16)))
    for s in (1,3,7.5):
        m=ex.generate([p]*12,list(range(12)),s); print(p,s,round(_spread(ex.probe,m)/d,2),flush=True); rows.append(m)
save_rows(rows,Path('/tmp/var.png'))
