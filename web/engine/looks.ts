/** Where a picture looks at a word of its prompt: the U-Net's cross-attention, made visible. */

import { element, group, paint } from "./elements";
import { say } from "./language";
import type { Word } from "./tokenizer";

const SPOKEN = 1000; // milliseconds in which a changed text is noticed by a screen reader
const DARKEST = 190; // opacity over the place that looks least, of 255

/**
 * How much each place looks at a word, all its tokens together, as `helpers.attention.word_map`.
 *
 * @param looks - of one step or of several, which are averaged: (places of words, h, w) each.
 */
export function mapOf(word: Word, looks: Float32Array[], placesOfWords: number): Float32Array {
  const area = looks[0].length / placesOfWords;
  const map = new Float32Array(area);
  for (const one of looks) {
    for (const place of word.places) {
      for (let at = 0; at < area; at++) map[at] += one[place * area + at] / looks.length;
    }
  }
  return map;
}

/** The least and the largest share of its attention that any place has for a word. */
export type Range = readonly [number, number];

export const rangeOf = (map: Float32Array): Range => [Math.min(...map), Math.max(...map)];

/** Darkness over a picture, the less the more a place looks; the range is told in words. */
function shade(map: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const [least, most] = rangeOf(map);
  const pixels = new Uint8ClampedArray(4 * map.length);
  map.forEach((value, at) => {
    pixels[4 * at + 3] = (DARKEST * (most - value)) / (most - least || 1);
  });
  return pixels;
}

/** A canvas with room for darkness above it. */
export class Shaded {
  readonly box: HTMLElement;
  private readonly above = element("canvas", { className: "above", hidden: true });

  constructor(picture: HTMLCanvasElement) {
    this.above.setAttribute("aria-hidden", "true");
    this.box = group("shaded", picture, this.above);
  }

  shade(map: Float32Array | null): void {
    this.above.hidden = !map;
    if (map) paint(this.above, shade(map));
  }
}

/** The words of a prompt as buttons, of which one may be chosen. */
export class Choice {
  readonly box = group("words");
  private readonly buttons = group("buttons");
  private readonly told = element("p");
  private words: Word[] = [];
  private chosen: string | null = null;

  /** @param changed - told when another word is chosen, or none. */
  constructor(private readonly changed: () => void) {
    this.buttons.setAttribute("role", "group");
    this.buttons.setAttribute("aria-label", say("looks"));
    this.box.append(element("p", { textContent: say("looks") }), this.buttons, this.told);
    this.box.hidden = true;
  }

  /** The word that is chosen, if the prompt has it. */
  get word(): Word | null {
    return this.words.find(({ text }) => text === this.chosen) ?? null;
  }

  offer(words: Word[]): void {
    this.words = words.filter(
      (word, at) => words.findIndex(({ text }) => text === word.text) === at,
    );
    for (const word of this.words) {
      const same = words.filter(({ text }) => text === word.text);
      word.places = same.flatMap(({ places }) => places);
    }
    this.box.hidden = words.length === 0;
    this.buttons.replaceChildren(...this.words.map(({ text }) => this.button(text)));
    this.tell(null, null);
  }

  /** @param step, run - of the map of this step, and of that of all together. */
  tell(step: Range | null, run: Range | null): void {
    const word = this.word?.text ?? "";
    const percent = ([least, most]: Range): Record<string, string> => ({
      least: (100 * least).toFixed(1),
      most: (100 * most).toFixed(1),
    });
    const parts = [
      step && say("looked", { word, ...percent(step) }),
      run && say("lookedAll", percent(run)),
    ];
    this.told.textContent = parts.filter(Boolean).join(" ");
  }

  private button(text: string): HTMLButtonElement {
    const made = element("button", { type: "button", textContent: text });
    const mark = (): void => made.setAttribute("aria-pressed", String(text === this.chosen));
    mark();
    made.onclick = (): void => {
      this.chosen = text === this.chosen ? null : text;
      for (const one of this.buttons.children) one.setAttribute("aria-pressed", "false");
      mark();
      this.told.ariaLive = "polite"; // read out now, and not at every step of a run
      this.changed();
      setTimeout(() => (this.told.ariaLive = "off"), SPOKEN);
    };
    return made;
  }
}
