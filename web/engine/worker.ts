/** What computes, in a thread of its own, so that the page answers while it does. */

import { readIndex, reader } from "./files";
import type { IndexFile, ModelName } from "./index-file";
import { OnnxNetworks, type Runtime } from "./networks";
import { denoise, runsOf, together, type Settings, type Step } from "./sampling";
import { Tokenizer } from "./tokenizer";

export interface Opened {
  index: IndexFile;
  /** Version of ONNX Runtime. */
  runtime: string;
}

export interface Drawn {
  latents: Float32Array;
  /** Planes of red, green and blue in [0, 1]. */
  picture: Float32Array;
}

export type Request =
  | { kind: "open"; base: string }
  | { kind: "prepare"; model: ModelName }
  | { kind: "draw"; settings: Settings }
  | { kind: "decode"; latents: Float32Array };

/** Each request has a number; answers to it carry the same. Number 0 cancels the run. */
export type Asked = { id: number; request: Request } | { id: 0 };

export type Answer =
  | { kind: "bytes"; bytes: number }
  | { kind: "step"; id: number; steps: Step[] }
  | { kind: "done"; id: number; value: unknown }
  | { kind: "failed"; id: number; message: string };

interface Ready {
  index: IndexFile;
  tokenizer: Tokenizer;
  networks: OnnxNetworks;
  version: string;
}

let ready: Promise<Ready> | null = null;
/** The number of the newest run; an older one, or any after a cancel, is not gone on with. */
let wanted = 0;

const tell = (answer: Answer): void => postMessage(answer);

/** Lets messages in that came while a network computed. */
const breathe = (): Promise<void> => new Promise((resume) => setTimeout(resume));

async function open(runtime: Runtime, base: string): Promise<Ready> {
  const index = await readIndex(base);
  const { web, common } = runtime.ort.env.versions;
  const version = web ?? common;
  const read = reader(base, index, version, (bytes) => tell({ kind: "bytes", bytes }));
  const networks = new OnnxNetworks(runtime, index, read);
  return { index, tokenizer: new Tokenizer(index.tokenizer), networks, version };
}

/** The finished pictures, one of each run; null if it was cancelled. */
async function draw(id: number, settings: Settings): Promise<Drawn[] | null> {
  const { index, tokenizer, networks } = await ready!;
  await networks.prepare(settings.model);
  const runs = runsOf(settings).map((one) => denoise(index, tokenizer, networks, one));
  let last: Step[] = [];
  for await (const steps of together(runs)) {
    tell({ kind: "step", id, steps });
    last = steps;
    await breathe();
    if (id !== wanted) return null;
  }
  const drawn: Drawn[] = [];
  for (const { xPrev } of last) {
    drawn.push({ latents: xPrev, picture: await networks.decode(xPrev) });
  }
  return drawn;
}

async function answer(runtime: Runtime, id: number, request: Request): Promise<unknown> {
  switch (request.kind) {
    case "open": {
      const { index, version } = await (ready = open(runtime, request.base));
      return { index, runtime: version } satisfies Opened;
    }
    case "prepare":
      return (await ready!).networks.prepare(request.model);
    case "draw":
      wanted = id;
      return draw(id, request.settings);
    case "decode":
      return (await ready!).networks.decode(request.latents);
  }
}

/** Answers the page from now on. */
export function work(runtime: Runtime): void {
  onmessage = ({ data }: MessageEvent<Asked>): void => {
    if (!("request" in data)) {
      wanted = 0;
      return;
    }
    const { id, request } = data;
    answer(runtime, id, request).then(
      (value) => tell({ kind: "done", id, value }),
      (error: unknown) => tell({ kind: "failed", id, message: String(error) }),
    );
  };
}
