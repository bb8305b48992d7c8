/** The page's side of the worker: questions with answers that can be awaited. */

import type { ModelName } from "./index-file";
import type { Settings, Step } from "./sampling";
import type { Answer, Asked, Drawn, Opened, Request } from "./worker";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onStep?: ((steps: Step[]) => void) | undefined;
}

export class Painter {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private last = 0;
  /** Why nothing is answered any more, if so. */
  broken: Error | null = null;

  /**
   * @param script - address of the bundled worker.
   * @param onBytes - told of every piece of the models' files that arrives.
   */
  constructor(script: string | URL, onBytes: (bytes: number) => void = () => undefined) {
    this.worker = new Worker(script);
    this.worker.onmessage = ({ data }: MessageEvent<Answer>): void => {
      if (data.kind === "bytes") return onBytes(data.bytes);
      const asked = this.pending.get(data.id);
      if (data.kind === "step") return asked?.onStep?.(data.steps);
      this.pending.delete(data.id);
      if (data.kind === "done") asked?.resolve(data.value);
      else asked?.reject(new Error(data.message));
    };
    this.worker.onerror = ({ message }): void => {
      const error = new Error(message || `${script} cannot be run`);
      this.broken = error;
      for (const { reject } of this.pending.values()) reject(error);
      this.pending.clear();
    };
  }

  /** @param base - address of the folder that `export-onnx` wrote, with a slash at its end. */
  open(base: string): Promise<Opened> {
    return this.ask({ kind: "open", base });
  }

  prepare(model: ModelName): Promise<void> {
    return this.ask({ kind: "prepare", model });
  }

  /**
   * The finished pictures, two if there is a second prompt; null if it was cancelled, as it is by
   * the next run too.
   *
   * @param onStep - told the same step of each picture.
   */
  draw(settings: Settings, onStep: (steps: Step[]) => void): Promise<Drawn[] | null> {
    return this.ask({ kind: "draw", settings }, onStep);
  }

  cancel(): void {
    this.worker.postMessage({ id: 0 } satisfies Asked);
  }

  /** The picture of any latents: planes of red, green and blue in [0, 1]. */
  decode(latents: Float32Array): Promise<Float32Array> {
    return this.ask({ kind: "decode", latents });
  }

  /** Ends the worker; what was asked is never answered. */
  close(): void {
    this.worker.terminate();
    this.pending.clear();
  }

  private ask<T>(request: Request, onStep?: (steps: Step[]) => void): Promise<T> {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.last;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onStep });
      this.worker.postMessage({ id, request } satisfies Asked);
    });
  }
}
