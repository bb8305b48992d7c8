"""Draw for a while on all cores, then encode: drawings.npy and latents.safetensors in a folder."""
import sys, time
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
import numpy as np, torch
from diffusers import AutoencoderKL
from helpers.training.data import _draw_array
from helpers.training.latents import cached_latents
if __name__ == '__main__':
    out, most, seconds, workers = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    t0 = time.time()
    file = np.lib.format.open_memmap(out/'drawings.npy', mode='w+', dtype=np.uint8, shape=(most, 3, 128, 128))
    with get_context('spawn').Pool(workers) as pool:
        for n, picture in enumerate(pool.imap(_draw_array, range(most), chunksize=50)):
            if n == 0: print('first drawing', round(time.time()-t0,1), flush=True); t1 = time.time()
            file[n] = picture
            if n % 20000 == 0 and n: print(n, round(time.time()-t0,1), flush=True)
            if time.time() - t1 > seconds: break
        n = (n + 1) // 1000 * 1000 if n + 1 < most else most
        pool.terminate()
    print('drawn', n, round(time.time()-t0,1), flush=True)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    vae = AutoencoderKL.from_pretrained(out/'vae', dtype=torch.float32).to(device).eval().requires_grad_(False)
    cached_latents(out/'latents.safetensors', vae, file[:n], nullcontext)
    print('encoded', round(time.time()-t0,1), flush=True)
    (out/'count').write_text(str(n))
