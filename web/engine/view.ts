/** One run as it is looked at: its finished picture, two rough ones of a step, and its words. */

import { element, figure, group, paint } from "./elements";
import { say } from "./language";
import { Choice, mapOf, rangeOf, Shaded } from "./looks";
import { withText } from "./png";
import { preview, toPixels } from "./sampling";
import type { Word } from "./tokenizer";

export class View {
  readonly box: HTMLElement;
  readonly save = element("button", { type: "button", disabled: true, textContent: say("save") });
  private readonly picture = element("canvas", { width: 1, height: 1 });
  private readonly noisy = element("canvas", { width: 1, height: 1 });
  private readonly guess = element("canvas", { width: 1, height: 1 });
  private readonly large = new Shaded(this.picture);
  private readonly small = new Shaded(this.guess);
  private readonly choice = new Choice(() => this.shade());
  private readonly caption: HTMLElement;
  /** What each step looked at, and the number of the one that is shown. */
  private looks: Float32Array[] = [];
  private shown = 0;
  private finished = false;

  /** @param places - of words, in what a step looks at. */
  constructor(private readonly places: number) {
    const large = figure("picture", this.picture, "large", this.large.box);
    this.caption = large.querySelector("figcaption")!;
    large.append(this.save);
    const guess = figure("guess", this.guess, "", this.small.box);
    this.box = group("view", large, figure("noisy", this.noisy), guess, this.choice.box);
  }

  /** A run begins, or one is opened that tells nothing of its words. */
  begin(words: Word[]): void {
    [this.looks, this.finished] = [[], false];
    this.choice.offer(words);
    this.shade();
  }

  /** @param looks - of every step so far. */
  look(looks: Float32Array[], shown: number): void {
    [this.looks, this.shown] = [looks, shown];
    this.shade();
  }

  private shade(): void {
    const { word } = this.choice;
    const of = (looks: Float32Array[]): Float32Array | null =>
      word && looks.length ? mapOf(word, looks, this.places) : null;
    const [step, run] = [
      of(this.looks.slice(this.shown, this.shown + 1)),
      of(this.finished ? this.looks : []),
    ];
    this.small.shade(step);
    this.large.shade(run);
    this.choice.tell(step && rangeOf(step), run && rangeOf(run));
  }

  /**
   * @param colours - for the preview of each channel.
   * @param width - of the latents; a square if none is given.
   */
  step(xT: Float32Array, x0Hat: Float32Array, colours: number[][], width?: number): void {
    paint(this.noisy, preview(xT, colours), width);
    paint(this.guess, preview(x0Hat, colours), width);
  }

  /** The guess as the VAE draws it: planes of red, green and blue. */
  sharpen(planes: Float32Array): void {
    paint(this.guess, toPixels(planes));
  }

  /** @param caption - what the finished picture shows, if it is not plain from the page. */
  finish(planes: Float32Array, caption = say("picture"), width?: number): void {
    paint(this.picture, toPixels(planes), width);
    this.caption.textContent = caption;
    this.picture.setAttribute("aria-label", caption);
    this.finished = true;
    this.shade();
  }

  /** The finished picture as a PNG that carries its settings. */
  async png(settings: string): Promise<Blob> {
    const blob = await new Promise<Blob | null>((done) => this.picture.toBlob(done, "image/png"));
    const png = withText(new Uint8Array(await blob!.arrayBuffer()), "parameters", settings);
    return new Blob([png], { type: "image/png" });
  }

  /** On a phone it lies below the controls. */
  intoSight(): void {
    this.picture.scrollIntoView({ block: "nearest" });
  }
}
