/** The networks in ONNX Runtime's WebAssembly: one thread, as a page without special headers has. */

import * as ort from "onnxruntime-web/wasm";

import { GRAPH, RUNTIME, WEIGHTS, type ReadFile } from "./graphs";
import type { IndexFile, ModelName } from "./index-file";
import type { Networks, Prediction } from "./sampling";

export const runtimeVersion = ort.env.versions.web ?? ort.env.versions.common;

const UNETS = Object.values(GRAPH);

/** Networks that are read when they are first asked, and kept; of the U-Nets only the last. */
export class WasmNetworks implements Networks {
  private readonly sessions = new Map<string, Promise<ort.InferenceSession>>();
  private runtime: Promise<void> | null = null;

  constructor(
    private readonly index: IndexFile,
    private readonly read: ReadFile,
  ) {}

  /** Everything that a model needs, ready to be asked. */
  async prepare(model: ModelName): Promise<void> {
    for (const graph of ["text_encoder", GRAPH[model], "vae_decoder"]) await this.session(graph);
  }

  async words(tokens: Int32Array): Promise<Float32Array> {
    const [words] = await this.ask("text_encoder", {
      tokens: new ort.Tensor("int32", tokens, [1, tokens.length]),
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
      latents: new ort.Tensor("float32", latents, [rows, ...this.index.latents]),
      t: new ort.Tensor("float32", Float32Array.of(t), []),
      words: new ort.Tensor("float32", words, [rows, places, width]),
    });
    return { output, looks };
  }

  async encode(pixels: Float32Array, noise: Float32Array): Promise<Float32Array> {
    const { pixels: side, latents } = this.index;
    const [found] = await this.ask("vae_encoder", {
      pixels: new ort.Tensor("float32", pixels, [1, 3, side, side]),
      noise: new ort.Tensor("float32", noise, [1, ...latents]),
    });
    return found;
  }

  /** A picture in [0, 1]: planes of red, green and blue. */
  async decode(latents: Float32Array): Promise<Float32Array> {
    const [pixels] = await this.ask("vae_decoder", {
      latents: new ort.Tensor("float32", latents, [1, ...this.index.latents]),
    });
    return pixels;
  }

  /** What a graph answers, in the order of its outputs. */
  private async ask(graph: string, given: Record<string, ort.Tensor>): Promise<Float32Array[]> {
    const session = await this.session(graph);
    const answers = await session.run(given);
    return session.outputNames.map((name) => answers[name].data as Float32Array);
  }

  private session(graph: string): Promise<ort.InferenceSession> {
    const known = this.sessions.get(graph);
    if (known) return known;
    const made = this.create(graph);
    this.sessions.set(graph, made);
    made.catch(() => this.sessions.delete(graph)); // asked again, it is tried again
    return made;
  }

  private async create(graph: string): Promise<ort.InferenceSession> {
    if (UNETS.includes(graph)) await this.release(UNETS.filter((other) => other !== graph));
    await (this.runtime ??= this.start());
    const [network, ...weights] = await Promise.all(
      [`${graph}.onnx`, ...WEIGHTS[graph]].map((name) => this.read(name)),
    );
    return ort.InferenceSession.create(network, {
      executionProviders: ["wasm"],
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
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = (await this.read(RUNTIME)).buffer;
  }
}
