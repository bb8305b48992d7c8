/** The networks in ONNX Runtime. */

import type * as ort from "onnxruntime-web/wasm";

import { GRAPH, RUNTIMES, WEIGHTS, type Provider, type ReadFile } from "./graphs";
import type { IndexFile, ModelName } from "./index-file";
import type { Networks, Prediction } from "./sampling";

/** ONNX Runtime as one of its bundles has it, and who computes in it. */
export interface Runtime {
  ort: typeof ort;
  provider: Provider;
}

const UNETS = Object.values(GRAPH);
/** How far an answer of a graphics card may be from the processor's, as a share of the largest. */
const TOLERANCE = 1e-3;

/**
 * Networks that are read when they are first asked, and kept; of the U-Nets only the last.
 *
 * What a graphics card answers first must be what the processor answers.
 */
export class OnnxNetworks implements Networks {
  private readonly sessions = new Map<string, Promise<ort.InferenceSession>>();
  /** Graphs, and shapes that they were given, that were found to answer as on the processor. */
  private readonly proven = new Set<string>();
  private started: Promise<void> | null = null;
  /** What was asked last, whether it went well or not. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly runtime: Runtime,
    private readonly index: IndexFile,
    private readonly read: ReadFile,
  ) {}

  /** Everything that a model needs, ready to be asked. */
  async prepare(model: ModelName): Promise<void> {
    for (const graph of ["text_encoder", GRAPH[model], "vae_decoder"]) {
      await this.queued(() => this.session(graph));
    }
  }

  async words(tokens: Int32Array): Promise<Float32Array> {
    const [words] = await this.ask("text_encoder", {
      tokens: new this.runtime.ort.Tensor("int32", tokens, [1, tokens.length]),
    });
    return words;
  }

  async predict(
    model: ModelName,
    rows: number,
    latents: Float32Array,
    t: number,
    words: Float32Array,
  ): Promise<Prediction> {
    const places = this.index.tokenizer.length;
    const width = words.length / rows / places;
    const [output, looks] = await this.ask(GRAPH[model], {
      latents: new this.runtime.ort.Tensor("float32", latents, [rows, ...this.index.latents]),
      t: new this.runtime.ort.Tensor("float32", Float32Array.of(t), []),
      words: new this.runtime.ort.Tensor("float32", words, [rows, places, width]),
    });
    return { output, looks };
  }

  async encode(pixels: Float32Array, noise: Float32Array): Promise<Float32Array> {
    const { pixels: side, latents } = this.index;
    const [found] = await this.ask("vae_encoder", {
      pixels: new this.runtime.ort.Tensor("float32", pixels, [1, 3, side, side]),
      noise: new this.runtime.ort.Tensor("float32", noise, [1, ...latents]),
    });
    return found;
  }

  /** A picture in [0, 1]: planes of red, green and blue. */
  async decode(latents: Float32Array): Promise<Float32Array> {
    const [pixels] = await this.ask("vae_decoder", {
      latents: new this.runtime.ort.Tensor("float32", latents, [1, ...this.index.latents]),
    });
    return pixels;
  }

  /** What a graph answers, in the order of its outputs. */
  private ask(graph: string, given: Record<string, ort.Tensor>): Promise<Float32Array[]> {
    return this.queued(() => this.answer(graph, given));
  }

  /** One thing after the other: while a graphics card computes, other questions come in. */
  private queued<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work);
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async answer(graph: string, given: Record<string, ort.Tensor>): Promise<Float32Array[]> {
    const answers = await run(await this.session(graph), given);
    if (this.runtime.provider === "wasm") return answers;
    const shapes = [graph, ...Object.values(given).map(({ dims }) => dims)].join();
    if (!this.proven.has(shapes)) await this.prove(graph, given, answers);
    this.proven.add(shapes);
    return answers;
  }

  /** @throws Error if the processor answers something else. */
  private async prove(
    graph: string,
    given: Record<string, ort.Tensor>,
    answers: Float32Array[],
  ): Promise<void> {
    const session = await this.create(graph, "wasm");
    const expected = await run(session, given).finally(() => session.release());
    expected.forEach((right, which) => {
      const off = difference(answers[which], right);
      if (!(off <= TOLERANCE)) throw new Error(`${graph}: off by ${off.toExponential(1)}`);
    });
  }

  private session(graph: string): Promise<ort.InferenceSession> {
    const known = this.sessions.get(graph);
    if (known) return known;
    const made = this.opened(graph);
    this.sessions.set(graph, made);
    made.catch(() => this.sessions.delete(graph)); // asked again, it is tried again
    return made;
  }

  private async opened(graph: string): Promise<ort.InferenceSession> {
    if (UNETS.includes(graph)) await this.release(UNETS.filter((other) => other !== graph));
    await (this.started ??= this.start());
    return this.create(graph, this.runtime.provider);
  }

  private async create(graph: string, provider: Provider): Promise<ort.InferenceSession> {
    const [network, ...weights] = await Promise.all(
      [`${graph}.onnx`, ...WEIGHTS[graph]].map((name) => this.read(name)),
    );
    return this.runtime.ort.InferenceSession.create(network, {
      executionProviders: [provider],
      externalData: WEIGHTS[graph].map((path, i) => ({ path, data: weights[i] })),
      graphOptimizationLevel: "all",
    });
  }

  private async release(graphs: string[]): Promise<void> {
    for (const graph of graphs) {
      const kept = this.sessions.get(graph);
      this.sessions.delete(graph);
      await (await kept)?.release();
    }
  }

  private async start(): Promise<void> {
    const { wasm } = this.runtime.ort.env;
    wasm.numThreads = 1; // a page without special headers has no more
    wasm.wasmBinary = (await this.read(RUNTIMES[this.runtime.provider])).buffer;
  }
}

/** What a session answers, in the order of its outputs. */
async function run(
  session: ort.InferenceSession,
  given: Record<string, ort.Tensor>,
): Promise<Float32Array[]> {
  const answers = await session.run(given);
  return session.outputNames.map((name) => answers[name].data as Float32Array);
}

/** The largest difference of two answers, as a share of the second's largest number. */
function difference(answer: Float32Array, right: Float32Array): number {
  if (answer.length !== right.length) return NaN;
  let [off, most] = [0, 0];
  right.forEach((value, at) => {
    off = Math.max(off, Math.abs(answer[at] - value)); // a NaN stays
    most = Math.max(most, Math.abs(value));
  });
  return off === 0 ? 0 : off / most;
}
