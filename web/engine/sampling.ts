/** The loop of Stable Diffusion, unrolled: every step of a run as it is made. */

import type { IndexFile, ModelName, SchedulerName } from "./index-file";
import { Generator } from "./random";
import { makeScheduler, mix } from "./schedulers";
import type { Tokenizer } from "./tokenizer";

/** A picture that a run starts from, as Python's `Start`: SDEdit (arXiv 2108.01073). */
export interface Start {
  /** Planes of red, green and blue in [-1, 1]. */
  pixels: Float32Array;
  /** The same as a PNG's data address, for the settings in a saved picture. */
  picture: string;
  /** Share of the steps that are run, in (0, 1]. */
  strength: number;
}

export interface Settings {
  model: ModelName;
  prompt: string;
  /** Drawn beside the first, with all else equal; empty for none. */
  prompt2: string;
  negativePrompt: string;
  /** From 0 to 2^63 - 1. */
  seed: bigint;
  steps: number;
  guidanceScale: number;
  scheduler: SchedulerName;
  /** None for noise alone. */
  start: Start | null;
}

/** What the U-Net says of a step. */
export interface Prediction {
  output: Float32Array;
  /** How much each place looks at each of the prompt's tokens: (places of words, h, w). */
  looks: Float32Array;
}

/** The networks; words and latents of several rows lie one after the other. */
export interface Networks {
  words(tokens: Int32Array): Promise<Float32Array>;
  predict(
    model: ModelName,
    rows: number,
    latents: Float32Array,
    t: number,
    words: Float32Array,
  ): Promise<Prediction>;
  /** Latents of a picture: what noise picks from those that the VAE finds likely. */
  encode(pixels: Float32Array, noise: Float32Array): Promise<Float32Array>;
}

/** One step: x_t and t belong together, x0Hat is what the model makes of them. */
export interface Step {
  index: number;
  t: number;
  alphaBar: number;
  xT: Float32Array;
  x0Hat: Float32Array;
  xPrev: Float32Array;
  /** As in `Prediction`. */
  looks: Float32Array;
}

/**
 * A run, one step at a time; whoever stops asking stops it.
 *
 * At guidance 1 the negative prompt would cancel out, and the U-Net is asked once.
 */
export async function* denoise(
  index: IndexFile,
  tokenizer: Tokenizer,
  networks: Networks,
  settings: Settings,
): AsyncGenerator<Step> {
  const { model, guidanceScale } = settings;
  const data = index.models[model].schedulers[settings.scheduler];
  if (!data) throw new Error(`scheduler: ${model} has no "${settings.scheduler}" here`);
  const guided = guidanceScale !== 1;
  const texts = guided ? [settings.negativePrompt, settings.prompt] : [settings.prompt];
  const words: Float32Array[] = [];
  for (const text of texts) words.push(await networks.words(tokenizer.encode(text).numbers));
  const drawn = new Generator(settings.seed);
  const [channels, height, width] = index.latents;
  const size = channels * height * width;
  const { start, steps } = settings;
  const clean = start && (await networks.encode(start.pixels, drawn.normal(size)));
  let xT = drawn.normal(size);
  const scheduler = makeScheduler(data, steps, drawn);
  const begin = start ? firstStep(steps, start.strength) : 0;
  if (clean) {
    const share = scheduler.alphaBar(begin);
    xT = mix(Math.sqrt(share), clean, Math.sqrt(1 - share), xT);
  }
  for (const [number, t] of scheduler.timesteps.entries()) {
    if (number < begin) continue;
    const rows = texts.map(() => xT);
    const all = joined(words);
    const { output, looks } = await networks.predict(model, rows.length, joined(rows), t, all);
    const v = guided ? guide(output, guidanceScale) : output;
    const alphaBar = scheduler.alphaBar(number);
    const [signal, noise] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
    const x0Hat = mix(signal, xT, -noise, v);
    const xPrev = scheduler.step(number, xT, x0Hat, mix(noise, xT, signal, v));
    yield { index: number, t, alphaBar, xT, x0Hat, xPrev, looks };
    xT = xPrev;
  }
}

/** Number of the first step that is run; `steps` if the strength is too small for any. */
export function firstStep(steps: number, strength: number): number {
  return steps - Math.trunc(steps * strength);
}

/** The runs that some settings ask for: one, or one for each of two prompts. */
export function runsOf(settings: Settings): Settings[] {
  const { prompt2, ...others } = settings;
  const first = { ...others, prompt2: "" };
  return prompt2 ? [first, { ...first, prompt: prompt2 }] : [first];
}

/** Runs of equally many steps side by side: a step of each, before any goes on. */
export async function* together(runs: AsyncGenerator<Step>[]): AsyncGenerator<Step[]> {
  for (;;) {
    const steps: Step[] = [];
    for (const run of runs) {
      const { done, value } = await run.next();
      if (done) return;
      steps.push(value);
    }
    yield steps;
  }
}

/** Ho and Salimans 2022 (arXiv 2207.12598): from the unguided answer through the guided one. */
function guide(both: Float32Array, scale: number): Float32Array {
  const uncond = both.subarray(0, both.length / 2);
  return mix(1 - scale, uncond, scale, both.subarray(both.length / 2));
}

function joined(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, i) => all.set(part, i * part.length));
  return all;
}

/** A rough picture, one colour a latent: red, green, blue and opacity of each, row by row. */
export function preview(latents: Float32Array, table: number[][]): Uint8ClampedArray<ArrayBuffer> {
  const area = latents.length / (table.length - 1);
  const pixels = new Uint8ClampedArray(4 * area).fill(255);
  for (let at = 0; at < area; at++) {
    for (let colour = 0; colour < 3; colour++) {
      const sum = table.reduce((s, row, c) => s + row[colour] * (latents[c * area + at] ?? 1), 0);
      pixels[4 * at + colour] = 255 * sum;
    }
  }
  return pixels;
}

/** Three planes in [0, 1] as red, green, blue and opacity of each pixel, row by row. */
export function toPixels(planes: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const area = planes.length / 3;
  const pixels = new Uint8ClampedArray(4 * area).fill(255);
  for (let colour = 0; colour < 3; colour++) {
    for (let at = 0; at < area; at++) pixels[4 * at + colour] = 255 * planes[colour * area + at];
  }
  return pixels;
}
