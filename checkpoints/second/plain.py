import sys, time, itertools, torch
from pathlib import Path
from collections import Counter
from helpers.loading import load
from helpers.training.probe import load_probe
from helpers.training.plain import *
from helpers.training.plain import plain_prompts, named, _obeyed, _unasked, _flat, _share
from helpers.training.examiner import Examiner
from helpers.training.sheets import save_rows
model, scale, seeds, out = sys.argv[1], float(sys.argv[2]) if sys.argv[2]!='-' else None, int(sys.argv[3]), sys.argv[4]
pipe=load(model, device='cpu', dtype='float32'); pipe.set_progress_bar_config(disable=True)
ex=Examiner(pipe, load_probe(Path('runs/second/probe.safetensors')), 500)
ps=plain_prompts(); asked=[p for p in ps for _ in range(seeds)]
t=time.time(); made=ex.generate([p.text for p in asked], list(range(len(asked))), scale)
ans=list(zip(asked,named(ex.probe.read(made)),strict=True))
lang=[[a for a in ans if (a[0].language=='ja')==j] for j in (False,True)]
print(f"{model} scale {scale}: attr {_obeyed(ans):.1f} en {_obeyed(lang[0]):.1f} ja {_obeyed(lang[1]):.1f} whole {_share(not p.missed(r) for p,r in ans):.1f} unasked {sum(_unasked(ans).values()):.2f} {_unasked(ans)} flat {_flat(ans):.1f}  {time.time()-t:.0f}s")
for k,v in misses(ans).items(): print('   ',f'{v:.0f}',k)
save_rows(list(made[::seeds].split(10)), Path(out))
