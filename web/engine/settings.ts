/** Settings in the page's address, which anybody may have written, and in a saved picture. */

import type { Provider } from "./graphs";
import type { IndexFile, ModelName, SchedulerName } from "./index-file";
import type { Settings } from "./sampling";

export const MOST_LETTERS = 1000;
export const MOST_STEPS = 50;
export const MOST_GUIDANCE = 20;
const MOST_SEED = 2n ** 63n - 1n;

/** What a model is usually asked for. */
export function usual(index: IndexFile, model: ModelName): Settings {
  const { steps, guidance_scale, schedulers } = index.models[model];
  const scheduler = Object.keys(schedulers)[0] as SchedulerName;
  return {
    model, scheduler, steps, guidanceScale: guidance_scale, prompt: "", prompt2: "",
    negativePrompt: "", seed: 0n, start: null,
  }; // prettier-ignore
}

/** Everything as text, for `fromAddress`; but for a start, whose picture would not fit. */
export function toAddress(settings: Settings): string {
  const { model, prompt, prompt2, negativePrompt, seed, steps, guidanceScale, scheduler } =
    settings;
  return new URLSearchParams({
    model, prompt, ...(prompt2 && { prompt2 }), negative: negativePrompt, seed: String(seed),
    steps: String(steps), guidance: String(guidanceScale), scheduler,
  }).toString(); // prettier-ignore
}

/** The settings that an address tells; what cannot be true is as usual instead. */
export function fromAddress(text: string, index: IndexFile): Settings {
  const told = new URLSearchParams(text);
  const named = told.get("model") ?? "";
  const model = Object.hasOwn(index.models, named) ? (named as ModelName) : "tiny";
  const settings = usual(index, model);
  const scheduler = told.get("scheduler") ?? "";
  if (Object.hasOwn(index.models[model].schedulers, scheduler)) {
    settings.scheduler = scheduler as SchedulerName;
  }
  settings.prompt = letters(told.get("prompt"));
  settings.prompt2 = letters(told.get("prompt2"));
  settings.negativePrompt = letters(told.get("negative"));
  settings.seed = seedOf(told.get("seed") ?? "") ?? settings.seed;
  const steps = number(told.get("steps"));
  const most = mostSteps(index, model, settings.scheduler);
  if (Number.isInteger(steps) && steps >= 1) settings.steps = steps;
  settings.steps = Math.min(settings.steps, most);
  const guidance = number(told.get("guidance"));
  if (guidance >= 0 && guidance <= MOST_GUIDANCE) settings.guidanceScale = guidance;
  return settings;
}

/** A seed that PyTorch takes; null for anything else. */
export function seedOf(text: string): bigint | null {
  if (!/^[0-9]{1,19}$/.test(text)) return null;
  const seed = BigInt(text);
  return seed <= MOST_SEED ? seed : null;
}

/** How many steps a scheduler can be asked for. */
export function mostSteps(index: IndexFile, model: ModelName, scheduler: SchedulerName): number {
  const learned = index.models[model].schedulers[scheduler]?.config.original_inference_steps;
  const limited = scheduler === "lcm" && typeof learned === "number";
  return limited ? learned : MOST_STEPS;
}

/**
 * Of the first picture, as JSON: what `helpers.sampling.settings.read_settings` reads and `again`
 * draws anew.
 */
export function toJson(
  settings: Settings,
  index: IndexFile,
  provider: Provider,
  runtime: string,
): string {
  const { model, prompt, negativePrompt, seed, steps, guidanceScale, scheduler, start } = settings;
  const data = index.models[model].schedulers[scheduler]!;
  const text = JSON.stringify({
    model, prompt, negative_prompt: negativePrompt, steps, guidance_scale: guidanceScale,
    scheduler: data.class, scheduler_config: data.config, size: [index.pixels, index.pixels],
    latents: null, start: start && {
      strength: start.strength, picture: [start.picture], mask: null,
    },
    dtype: "float32", device: provider === "wasm" ? "cpu" : provider, threads: 1,
    versions: { "onnxruntime-web": runtime },
  }); // prettier-ignore
  return `${text.slice(0, -1)},"seed":${seed}}`; // every digit: a JavaScript number has only 15
}

/** A plain decimal number; NaN for everything else. */
function number(text: string | null): number {
  return text !== null && /^[0-9]{1,6}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : NaN;
}

/** A text without half letters, not longer than a prompt can be. */
function letters(text: string | null): string {
  const whole = Array.from(text ?? "").filter((letter) => !/^[\ud800-\udfff]$/.test(letter));
  return whole.slice(0, MOST_LETTERS).join("");
}
