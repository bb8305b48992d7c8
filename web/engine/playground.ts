/** A place to play: every setting of a run, and each step of the picture as it is made. */

import { readIndex } from "./files";
import { filesOf } from "./graphs";
import type { IndexFile, ModelName, SchedulerName } from "./index-file";
import { say, type Key } from "./language";
import { Painter } from "./painter";
import { withText } from "./png";
import { BadRecording, Recording } from "./recording";
import { preview, toPixels, type Settings, type Step } from "./sampling";
import * as limits from "./settings";
import { Tokenizer } from "./tokenizer";
import { unknownWords } from "./words";

const PAUSE = 400; // milliseconds without a key until a sentence is drawn while it is typed

/** A recorded run as it is looked at: one of its pictures. */
interface Replay {
  run: Recording;
  picture: number;
  colours: number[][];
}

class Playground {
  private readonly form = element("form", { noValidate: true }); // asked in `settings`
  private readonly prompt = element("textarea", { rows: 3, maxLength: limits.MOST_LETTERS });
  private readonly negative = element("input", { type: "text", maxLength: limits.MOST_LETTERS });
  private readonly seed = element("input", { type: "text", inputMode: "numeric", required: true });
  private readonly steps = element("input", { type: "number", min: "1", required: true });
  private readonly guidance = element("input", {
    type: "number",
    min: "0",
    step: "any",
    required: true,
  });
  private readonly scheduler = element("select");
  private readonly model = element("select");
  private readonly typing = element("input", { type: "checkbox" });
  private readonly stop = element("button", { type: "button", disabled: true });
  private readonly save = element("button", { type: "button", disabled: true });
  private readonly link = element("button", { type: "button" });
  private readonly progress = element("progress", { value: 0, hidden: true });
  private readonly status = element("p", { role: "status" });
  private readonly warning = element("p");
  private readonly scrub = element("input", { type: "range", min: "0", max: "0", value: "0" });
  private readonly noisy = element("canvas", { width: 1, height: 1 });
  private readonly guess = element("canvas", { width: 1, height: 1 });
  private readonly picture = element("canvas", { width: 1, height: 1 });
  private readonly file = element("input", { type: "file", accept: ".safetensors" });
  private readonly which = element("input", { type: "number", min: "1", value: "1" });

  private readonly painter: Painter;
  private readonly tokenizer: Tokenizer;
  private readonly known: ReadonlySet<string>;
  private made: Step[] = [];
  private replay: Replay | null = null;
  private drawn: Settings | null = null;
  private fetched = 0;
  private runtime: Promise<string>;
  private timer = 0;

  constructor(
    root: HTMLElement,
    private readonly index: IndexFile,
    base: string,
    script: string,
    /** The prompt where an address tells none. */
    private readonly example: string,
  ) {
    this.tokenizer = new Tokenizer(index.tokenizer);
    this.known = new Set(index.tokenizer.known_words);
    this.painter = new Painter(script, (bytes) => (this.progress.value = this.fetched += bytes));
    this.runtime = this.painter.open(base).then(({ runtime }) => runtime);
    this.runtime.catch((error: unknown) => this.fail(error));
    this.lay(root);
    this.listen();
    this.open();
    window.onhashchange = (): void => this.open();
  }

  /** The settings of the address: of a link that somebody sent, of the page in another language. */
  private open(): void {
    const settings = limits.fromAddress(location.hash.slice(1), this.index);
    if (!location.hash) settings.prompt = this.example;
    this.fill(settings);
  }

  private lay(root: HTMLElement): void {
    this.guidance.max = String(limits.MOST_GUIDANCE);
    this.model.append(...Object.keys(this.index.models).map((name) => new Option(name)));
    for (const [button, key] of [
      [this.stop, "stop"],
      [this.link, "link"],
      [this.save, "save"],
    ] as const) {
      button.textContent = say(key);
    }
    const draw = element("button", { type: "submit", textContent: say("draw") });
    this.form.append(
      labelled("prompt", this.prompt),
      labelled("negative", this.negative),
      labelled("model", this.model),
      labelled("scheduler", this.scheduler),
      labelled("seed", this.seed),
      labelled("steps", this.steps),
      labelled("guidance", this.guidance),
      labelled("typing", this.typing, "beside"),
      group("buttons", draw, this.stop, this.link, this.save),
      this.warning,
      labelled("recorded", this.file),
    );
    const seen = group("seen", this.status, this.progress, labelled("scrub", this.scrub));
    const which = labelled("which", this.which);
    which.hidden = true;
    seen.append(
      which,
      group(
        "pictures",
        figure("picture", this.picture, "large"),
        figure("noisy", this.noisy),
        figure("guess", this.guess),
      ),
    );
    root.classList.add("playground");
    root.replaceChildren(this.form, seen);
  }

  private listen(): void {
    this.form.onsubmit = (event): void => {
      event.preventDefault();
      this.picture.scrollIntoView({ block: "nearest" }); // on a phone it lies below
      void this.draw();
    };
    this.form.oninput = ({ target }): void => {
      if (target === this.file) return;
      if (target === this.model) this.chosen();
      else if (target === this.scheduler) this.limit();
      this.warn();
      clearTimeout(this.timer);
      if (this.typing.checked) this.timer = window.setTimeout(() => void this.draw(), PAUSE);
    };
    this.stop.onclick = (): void => this.cancel();
    this.scrub.oninput = (): void => this.show(Number(this.scrub.value));
    this.scrub.onchange = (): void => void this.sharpen();
    this.file.onchange = (): void => void this.read(this.file.files?.[0]);
    this.which.oninput = (): void => void this.choose();
    window.ondragover = (event): void => event.preventDefault(); // or the browser opens the file
    window.ondrop = (event): void => {
      event.preventDefault();
      void this.read(event.dataTransfer?.files[0]);
    };
    this.link.onclick = (): void => void this.copy();
    this.save.onclick = (): void => void this.store().catch((error: unknown) => this.fail(error));
  }

  /** The controls as some settings have them. */
  private fill(settings: Settings): void {
    this.model.value = settings.model;
    this.offer();
    this.scheduler.value = settings.scheduler;
    this.limit();
    this.prompt.value = settings.prompt;
    this.negative.value = settings.negativePrompt;
    this.seed.value = String(settings.seed);
    this.steps.value = String(settings.steps);
    this.guidance.value = String(settings.guidanceScale);
    this.warn();
  }

  /** The settings as the controls have them; null if one of them cannot be. */
  private settings(): Settings | null {
    const seed = limits.seedOf(this.seed.value.trim());
    this.seed.setCustomValidity(seed === null ? say("badSeed") : "");
    if (seed === null || !this.form.reportValidity()) return null;
    return {
      model: this.model.value as ModelName,
      scheduler: this.scheduler.value as SchedulerName,
      prompt: this.prompt.value,
      negativePrompt: this.negative.value,
      seed,
      steps: this.steps.valueAsNumber,
      guidanceScale: this.guidance.valueAsNumber,
    };
  }

  private offer(): void {
    const { schedulers } = this.index.models[this.model.value as ModelName];
    this.scheduler.replaceChildren(...Object.keys(schedulers).map((name) => new Option(name)));
  }

  /** Another model brings its own habits. */
  private chosen(): void {
    this.fill({
      ...limits.usual(this.index, this.model.value as ModelName),
      prompt: this.prompt.value,
      negativePrompt: this.negative.value,
      seed: limits.seedOf(this.seed.value.trim()) ?? 0n,
    });
  }

  private limit(): void {
    const [model, scheduler] = [this.model.value as ModelName, this.scheduler.value];
    const most = limits.mostSteps(this.index, model, scheduler as SchedulerName);
    this.steps.max = String(most);
    if (this.steps.valueAsNumber > most) this.steps.value = this.steps.max;
  }

  /** Words without effect, told while they are typed. */
  private warn(): void {
    const told: string[] = [];
    for (const { value } of [this.prompt, this.negative]) {
      const words = unknownWords(value, this.known);
      if (words.length) told.push(say("unknown", { words: words.join(", ") }));
      const [{ count }, places] = [this.tokenizer.encode(value), this.index.tokenizer.length];
      if (count > places) told.push(say("cut", { count, places }));
    }
    const usual = this.index.models[this.model.value as ModelName].guidance_scale;
    const guidance = this.guidance.valueAsNumber;
    if (usual === 1 && guidance !== 1) told.push(say("guided"));
    else if (guidance === 1 && this.negative.value.trim()) told.push(say("unheard"));
    this.warning.textContent = told.join(" ");
  }

  private async draw(): Promise<void> {
    const settings = this.settings();
    if (!settings) return;
    history.replaceState(null, "", `#${limits.toAddress(settings)}`);
    this.painter.cancel();
    this.close();
    [this.made, this.drawn] = [[], settings];
    [this.stop.disabled, this.save.disabled] = [false, true];
    try {
      await this.load(settings.model);
      if (this.drawn !== settings) return; // stopped, or the next run has begun
      const began = performance.now();
      const drawn = await this.painter.draw(settings, (step) => this.add(step, settings));
      if (this.drawn !== settings || !drawn) return;
      this.stop.disabled = true;
      paint(this.picture, toPixels(drawn.picture));
      this.save.disabled = false;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      this.tell("done", { steps: this.made.length, seconds });
    } catch (error) {
      this.fail(error);
    }
  }

  /** What was made stays to be looked at. */
  private cancel(): void {
    this.painter.cancel();
    this.drawn = null;
    this.stop.disabled = this.progress.hidden = true;
    this.tell("stopped");
  }

  private async load(model: ModelName): Promise<void> {
    const sizes = filesOf(model).map((name) => this.index.files[name].bytes);
    this.progress.max = sizes.reduce((sum, size) => sum + size, 0);
    this.progress.value = this.fetched = 0;
    this.progress.hidden = false;
    this.tell("loading");
    await this.painter.prepare(model);
    this.progress.hidden = true;
  }

  private add(step: Step, settings: Settings): void {
    if (this.drawn !== settings) return;
    this.made.push(step);
    const last = this.made.length - 1;
    this.scrub.max = String(last);
    this.scrub.value = String(last);
    this.show(last);
  }

  private show(number: number): void {
    if (this.replay) return void this.look(this.replay, number);
    const step = this.made[number];
    if (!step) return;
    paint(this.noisy, preview(step.xT, this.index.latents_to_rgb));
    paint(this.guess, preview(step.x0Hat, this.index.latents_to_rgb));
    this.tell("drawing", { index: number + 1, t: step.t });
  }

  /** The guess of the step that the slider rests on, drawn by the VAE. */
  private async sharpen(): Promise<void> {
    if (this.replay) return; // another model's latents may mean something else
    const step = this.made[Number(this.scrub.value)];
    if (!step) return;
    const planes = await this.painter.decode(step.x0Hat);
    if (step === this.made[Number(this.scrub.value)]) paint(this.guess, toPixels(planes));
  }

  /** Opens a recorded run, from a file that anybody may have made. */
  private async read(file: File | undefined): Promise<void> {
    if (!file) return;
    this.cancel();
    this.close();
    try {
      const run = await Recording.read(file);
      this.which.max = String(run.pictures);
      this.which.parentElement!.hidden = run.pictures === 1;
      await this.turn(run, 0);
      [this.made, this.save.disabled] = [[], true];
    } catch (error) {
      if (error instanceof BadRecording) this.tell(error.reason, error.fields);
      else this.fail(error);
    }
  }

  private async choose(): Promise<void> {
    if (!this.replay || !this.which.checkValidity()) return;
    const { run } = this.replay;
    await this.turn(run, this.which.valueAsNumber - 1).catch((error: unknown) => this.fail(error));
  }

  /** Turns to one picture of a run, at its last step. */
  private async turn(run: Recording, picture: number): Promise<void> {
    const [colours, planes] = await Promise.all([run.colours(picture), run.image(picture)]);
    const last = run.length - 1;
    this.replay = { run, picture, colours };
    paint(this.picture, toPixels(planes), run.pixels[1]);
    this.scrub.max = this.scrub.value = String(last);
    await this.look(this.replay, last);
  }

  private async look(replay: Replay, number: number): Promise<void> {
    const { run, picture, colours } = replay;
    const { t, xT, x0Hat } = await run.step(number, picture);
    if (this.replay !== replay || Number(this.scrub.value) !== number) return; // it went on
    paint(this.noisy, preview(xT, colours), run.size[1]);
    paint(this.guess, preview(x0Hat, colours), run.size[1]);
    const prompt = run.prompt(picture);
    this.tell("replayed", { prompt, index: number + 1, steps: run.length, t });
  }

  private close(): void {
    this.replay = null;
    this.which.value = "1";
    this.which.parentElement!.hidden = true;
  }

  private async copy(): Promise<void> {
    const settings = this.settings();
    if (!settings) return;
    const address = new URL(`#${limits.toAddress(settings)}`, location.href).href;
    history.replaceState(null, "", address);
    await navigator.clipboard.writeText(address).then(
      () => this.tell("copied"),
      (error: unknown) => this.fail(error),
    );
  }

  private async store(): Promise<void> {
    if (!this.drawn) return;
    const text = limits.toJson(this.drawn, this.index, await this.runtime);
    const blob = await new Promise<Blob | null>((done) => this.picture.toBlob(done, "image/png"));
    const png = withText(new Uint8Array(await blob!.arrayBuffer()), "parameters", text);
    const href = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    element("a", { href, download: `${this.drawn.model}-${this.drawn.seed}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  private tell(key: Key, fields: Record<string, string | number> = {}): void {
    this.status.textContent = say(key, fields);
  }

  private fail(error: unknown): void {
    this.stop.disabled = this.progress.hidden = true;
    this.tell("failed", { message: error instanceof Error ? error.message : String(error) });
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

function labelled(key: Key, control: HTMLElement, className = ""): HTMLLabelElement {
  const label = element("label", { className });
  const words = element("span", { textContent: say(key) });
  label.append(...(className ? [control, words] : [words, control]));
  return label;
}

function figure(key: Key, canvas: HTMLCanvasElement, className = ""): HTMLElement {
  const made = element("figure", { className });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", say(key));
  made.append(canvas, element("figcaption", { textContent: say(key) }));
  return made;
}

function group(className: string, ...children: HTMLElement[]): HTMLDivElement {
  const made = element("div", { className });
  made.append(...children);
  return made;
}

/** A picture of red, green, blue and opacity, row by row; a square if no width is given. */
function paint(
  canvas: HTMLCanvasElement,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width = Math.sqrt(pixels.length / 4),
): void {
  const image = new ImageData(pixels, width);
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

async function start(root: HTMLElement): Promise<void> {
  const { model, worker, prompt = "" } = root.dataset;
  if (location.protocol === "file:") {
    root.textContent = say("file");
    return;
  }
  const base = new URL(model!, location.href).href;
  try {
    new Playground(root, await readIndex(base), base, worker!, prompt);
  } catch (error) {
    root.textContent = say("failed", { message: String(error) });
  }
}

const root = document.getElementById("playground");
if (root) void start(root);
