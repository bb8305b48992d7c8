/** What the exact parts answer, for the test that asks PyTorch, diffusers and the tokenizer too. */

import type { IndexFile, SchedulerData } from "../index-file";
import { withText } from "../png";
import { Generator } from "../random";
import { makeScheduler, mix } from "../schedulers";
import type { Settings } from "../sampling";
import { fromAddress, toAddress, toJson } from "../settings";
import { Tokenizer } from "../tokenizer";
import { unknownWords } from "../words";

interface Cases {
  index: IndexFile;
  addresses: string[];
  /** Whatever anybody may write there. */
  hostile: string[];
  png: number[];
  texts: string[];
  seeds: string[];
  count: number;
  schedules: { scheduler: SchedulerData; steps: number }[];
}

export function answers(cases: Cases): Record<string, unknown> {
  const tokenizer = new Tokenizer(cases.index.tokenizer);
  const known = new Set(cases.index.tokenizer.known_words);
  const tokens = cases.texts.map((text) => tokenizer.encode(text));
  const settings = cases.addresses.map((address) => fromAddress(address, cases.index));
  const [first] = settings;
  return {
    settings: settings.map(plain),
    hostile: cases.hostile.map((address) => survived(address, cases.index)),
    again: settings.map((one) => plain(fromAddress(toAddress(one), cases.index))),
    png: [
      ...withText(
        Uint8Array.from(cases.png),
        "parameters",
        toJson(first, cases.index, "wasm", "1"),
      ),
    ],
    tokens: tokens.map(({ numbers }) => [...numbers]),
    counts: tokens.map(({ count }) => count),
    words: cases.texts.map((text) => tokenizer.words(text)),
    unknown: cases.texts.map((text) => unknownWords(text, known)),
    noise: cases.seeds.map((seed) => [...new Generator(BigInt(seed)).normal(cases.count)]),
    runs: cases.schedules.map(({ scheduler, steps }) => stepped(scheduler, steps)),
  };
}

/** The settings that are left of an address, and what they are as an address and opened again. */
function survived(address: string, index: IndexFile): unknown {
  try {
    const settings = fromAddress(address, index);
    const again = fromAddress(toAddress(settings), index);
    toJson(settings, index, "wasm", "1");
    return { settings: plain(settings), again: plain(again) };
  } catch (error) {
    return { crash: String(error) };
  }
}

/** A run in which noise stands in for what the U-Net says. */
function stepped(data: SchedulerData, steps: number): Record<string, number[]> {
  const [said, drawn] = [new Generator(1n), new Generator(0n)];
  let xT = drawn.normal(16);
  const scheduler = makeScheduler(data, steps, drawn);
  const shares: number[] = [];
  scheduler.timesteps.forEach((_, index) => {
    const [v, share] = [said.normal(16), scheduler.alphaBar(index)];
    const [signal, noise] = [Math.sqrt(share), Math.sqrt(1 - share)];
    xT = scheduler.step(index, xT, mix(signal, xT, -noise, v), mix(noise, xT, signal, v));
    shares.push(share);
  });
  return { timesteps: [...scheduler.timesteps], alphaBars: shares, latents: [...xT] };
}

const plain = (settings: Settings): unknown => ({ ...settings, seed: String(settings.seed) });
