/** One run as it is looked at: its finished picture, and two rough ones of a step. */

import { element, figure, group, paint } from "./elements";
import { say } from "./language";
import { withText } from "./png";
import { preview, toPixels } from "./sampling";

export class View {
  readonly box: HTMLElement;
  readonly save = element("button", { type: "button", disabled: true, textContent: say("save") });
  private readonly picture = element("canvas", { width: 1, height: 1 });
  private readonly noisy = element("canvas", { width: 1, height: 1 });
  private readonly guess = element("canvas", { width: 1, height: 1 });
  private readonly caption: HTMLElement;

  constructor() {
    const large = figure("picture", this.picture, "large");
    this.caption = large.querySelector("figcaption")!;
    large.append(this.save);
    this.box = group("view", large, figure("noisy", this.noisy), figure("guess", this.guess));
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
