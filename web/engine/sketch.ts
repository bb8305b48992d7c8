/** A drawing, or an image, that a run starts from, and how much of it is drawn anew. */

import { element, figure, group, labelled } from "./elements";
import { say, type Key } from "./language";
import type { Start } from "./sampling";

const COLOURS = {
  white: "#ffffff", yellow: "#ffd84d", red: "#d8392b", green: "#4f9a45",
  sky: "#8ec6f0", blue: "#2f6fb3", brown: "#8a5a3b", dark: "#1d2440",
} as const satisfies Partial<Record<Key, string>>; // prettier-ignore
/** Brush -> pixels of the picture. */
const BRUSHES = { thin: 3, medium: 9, thick: 27 } as const satisfies Partial<Record<Key, number>>;

const MOST_PIXELS = 50_000_000; // of an image: 200 MB where it is unpacked

export class Sketch {
  readonly parts: HTMLElement[];
  readonly strength = element("input", {
    type: "range",
    min: "0.05",
    max: "1",
    step: "0.05",
    value: "0.8", // after the limits, which round it; as in Python's `Start`
  });
  private readonly canvas = element("canvas", { className: "sketch" });
  private readonly pen = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private readonly file = element("input", { type: "file", accept: "image/*" });
  private last: { x: number; y: number } | null = null;
  private used = false;
  private turn = 0; // of what is drawn or loaded here

  /**
   * @param side - of the picture, in pixels.
   * @param onFile - told of an image that was chosen; it may be none.
   */
  constructor(
    private readonly side: number,
    onFile: (file: File) => void,
  ) {
    [this.canvas.width, this.canvas.height] = [side, side];
    const clear = element("button", { type: "button", textContent: say("clear") });
    const colours = choices("colour", COLOURS, (choice, colour) => {
      choice.style.setProperty("--colour", colour);
      return () => (this.pen.strokeStyle = colour);
    });
    const brushes = choices("brush", BRUSHES, (choice, width) => {
      choice.style.setProperty("--width", String(width));
      return () => (this.pen.lineWidth = width);
    });
    const tools = group("tools", colours, brushes, clear);
    const image = labelled("image", this.file);
    for (const one of [tools, image]) one.oninput = (event): void => event.stopPropagation();
    this.file.onchange = (): void => {
      const [file] = this.file.files!;
      if (file) onFile(file);
    };
    clear.onclick = (): void => {
      this.clear();
      this.changed();
    };
    this.listen();
    this.clear();
    const strength = labelled("strength", this.strength);
    const words = strength.querySelector("span")!;
    const tell = (): string =>
      (words.textContent = say("strength", { value: this.strength.valueAsNumber.toFixed(2) }));
    this.strength.addEventListener("input", tell);
    tell();
    this.parts = [figure("sketch", this.canvas), tools, image, strength];
  }

  /** Where a run starts; null while nothing is drawn. */
  start(): Start | null {
    if (!this.used) return null;
    const { data } = this.pen.getImageData(0, 0, this.side, this.side);
    const area = data.length / 4;
    const pixels = Float32Array.from({ length: 3 * area }, (_, at) => {
      const [colour, place] = [Math.floor(at / area), at % area];
      return (2 * data[4 * place + colour]) / 255 - 1;
    });
    const picture = this.canvas.toDataURL("image/png");
    return { pixels, picture, strength: this.strength.valueAsNumber };
  }

  /**
   * Lays the middle square of an image on white paper.
   *
   * @throws the browser cannot read it, or it is too large to be unpacked.
   */
  async load(file: Blob): Promise<void> {
    const turn = ++this.turn;
    const [width, height] = await sizeOf(file);
    if (width * height > MOST_PIXELS) throw new RangeError(`${width} × ${height}`);
    const image = await createImageBitmap(file);
    if (this.turn !== turn) return image.close(); // something newer stands there
    const [least, side] = [Math.min(width, height), this.side];
    this.clear();
    this.pen.imageSmoothingQuality = "high";
    const [left, top] = [(width - least) / 2, (height - least) / 2];
    this.pen.drawImage(image, left, top, least, least, 0, 0, side, side);
    image.close();
    this.changed(true);
  }

  private clear(): void {
    this.turn += 1;
    this.pen.fillStyle = COLOURS.white;
    this.pen.fillRect(0, 0, this.side, this.side);
    this.used = false;
    this.file.value = ""; // the same one can be chosen again
  }

  private listen(): void {
    this.pen.lineCap = "round";
    this.canvas.onpointerdown = this.canvas.onpointermove = (event): void => {
      if (event.isPrimary && event.buttons & 1) this.stroke(event); // one finger, or the left button
    };
    this.canvas.onpointerup = this.canvas.onpointerleave = (): void => {
      if (this.last) this.changed(true);
      this.last = null;
    };
  }

  private stroke({ offsetX, offsetY }: PointerEvent): void {
    const scale = this.side / this.canvas.clientWidth;
    const here = { x: offsetX * scale, y: offsetY * scale };
    const from = this.last ?? here;
    this.turn += 1;
    this.pen.beginPath();
    this.pen.moveTo(from.x, from.y);
    this.pen.lineTo(here.x, here.y);
    this.pen.stroke();
    this.last = here;
  }

  /** Told to the form as what is typed is. */
  private changed(used = this.used): void {
    this.used = used;
    this.canvas.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Width and height of an image, without unpacking it. */
async function sizeOf(file: Blob): Promise<[number, number]> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((done, failed) => ([image.onload, image.onerror] = [done, failed]));
    return [image.naturalWidth, image.naturalHeight];
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** Round buttons of which one is pressed; `made` gets each and tells what choosing it does. */
function choices<T>(
  name: "colour" | "brush",
  values: Record<string, T>,
  made: (choice: HTMLInputElement, value: T) => () => unknown,
): HTMLElement {
  const all = Object.entries(values).map(([key, value], number) => {
    const title = say(key as Key);
    const choice = element("input", { type: "radio", name, title, ariaLabel: title });
    const choose = made(choice, value);
    choice.onchange = choose;
    choice.checked = number === 1; // on white paper, white is no beginning
    if (choice.checked) choose();
    return choice;
  });
  const buttons = group(name, ...all);
  [buttons.role, buttons.ariaLabel] = ["radiogroup", say(name)];
  return buttons;
}
