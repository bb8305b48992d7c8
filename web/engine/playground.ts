/** A place to play: every setting of a run, and each step of the picture as it is made. */

import { element, folded, group, labelled } from "./elements";
import { readIndex } from "./files";
import { filesOf, type Provider } from "./graphs";
import type { IndexFile, ModelName, SchedulerName } from "./index-file";
import { say, type Key } from "./language";
import { Painter } from "./painter";
import { BadRecording, Recording } from "./recording";
import { firstStep, runsOf, type Settings, type Step } from "./sampling";
import * as limits from "./settings";
import { Sketch } from "./sketch";
import { Tokenizer } from "./tokenizer";
import { View } from "./view";
import { unknownWords } from "./words";

const PAUSE = 400; // milliseconds without a key until a sentence is drawn while it is typed

/** A recorded run as it is looked at: one of its pictures. */
interface Replay {
  run: Recording;
  picture: number;
  colours: number[][];
}

/** How a finished picture was made: all that is saved with it. */
interface Finished {
  settings: Settings;
  provider: Provider;
  /** Version of ONNX Runtime. */
  runtime: Promise<string>;
}

class Playground {
  private readonly form = element("form", { noValidate: true }); // asked in `settings`
  private readonly prompt = element("textarea", { rows: 3, maxLength: limits.MOST_LETTERS });
  private readonly prompt2 = element("textarea", { rows: 3, maxLength: limits.MOST_LETTERS });
  private readonly compare = folded("compare", labelled("prompt2", this.prompt2));
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
  private readonly provider = element("select");
  private readonly typing = element("input", { type: "checkbox" });
  private readonly stop = element("button", { type: "button", disabled: true });
  private readonly link = element("button", { type: "button" });
  private readonly progress = element("progress", { value: 0, hidden: true });
  private readonly status = element("p", { role: "status" });
  private readonly warning = element("p");
  /** That a graphics card draws no longer, and why. */
  private readonly noCard = element("p", { role: "alert" });
  private readonly scrub = element("input", { type: "range", min: "0", max: "0", value: "0" });
  private readonly views: readonly [View, View];
  private readonly file = element("input", { type: "file", accept: ".safetensors" });
  private readonly which = element("input", { type: "number", min: "1", value: "1" });

  private readonly sketch: Sketch;
  private readonly begin: HTMLDetailsElement;
  private painter!: Painter;
  private readonly tokenizer: Tokenizer;
  private readonly known: ReadonlySet<string>;
  /** What was made in each step: one of each view. */
  private made: Step[][] = [];
  private replay: Replay | null = null;
  private drawn: Settings | null = null;
  /** What the finished pictures were made with. */
  private finished: Finished[] = [];
  private fetched = 0;
  private runtime!: Promise<string>;
  private timer = 0;

  constructor(
    root: HTMLElement,
    private readonly index: IndexFile,
    private readonly base: string,
    private readonly workers: Record<Provider, string>,
    /** The prompt where an address tells none. */
    private readonly example: string,
  ) {
    this.tokenizer = new Tokenizer(index.tokenizer);
    this.known = new Set(index.tokenizer.known_words);
    const { length } = index.tokenizer;
    this.views = [new View(length), new View(length)];
    this.sketch = new Sketch(index.pixels, (file) => void this.take(file));
    this.begin = folded("begin", ...this.sketch.parts);
    this.employ("wasm");
    this.lay(root);
    this.listen();
    this.open();
    window.onhashchange = (): void => this.open();
  }

  /** The settings of the address: of a link that somebody sent, of the page in another language. */
  private open(): void {
    const settings = limits.fromAddress(location.hash.slice(1), this.index);
    if (!location.hash) settings.prompt = this.example;
    this.prompt2.value = settings.prompt2;
    this.compare.open = settings.prompt2 !== "";
    this.begin.open = false; // an address tells of no drawing
    this.fill(settings);
  }

  /** Lets the processor or a graphics card draw from now on. */
  private employ(provider: Provider): void {
    const painter = new Painter(
      this.workers[provider],
      (bytes) => (this.progress.value = this.fetched += bytes),
    );
    this.painter?.close();
    this.painter = painter;
    this.runtime = painter.open(this.base).then(({ runtime }) => runtime);
    this.runtime.catch((error: unknown) => {
      if (this.painter === painter) this.refuse(error);
    });
  }

  private lay(root: HTMLElement): void {
    this.guidance.max = String(limits.MOST_GUIDANCE);
    this.model.append(...Object.keys(this.index.models).map((name) => new Option(name)));
    for (const name of ["wasm", "webgpu"] as const) {
      this.provider.append(new Option(say(name), name));
    }
    const provider = labelled("provider", this.provider);
    provider.hidden = true;
    void hasCard().then((found) => (provider.hidden = !found));
    for (const [button, key] of [
      [this.stop, "stop"],
      [this.link, "link"],
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
      provider,
      this.compare,
      this.begin,
      labelled("typing", this.typing, "beside"),
      group("buttons", draw, this.stop, this.link),
      this.warning,
      this.noCard,
      labelled("recorded", this.file),
    );
    const seen = group("seen", this.status, this.progress, labelled("scrub", this.scrub));
    const which = labelled("which", this.which);
    which.hidden = true;
    seen.append(which, group("views", ...this.views.map(({ box }) => box)));
    this.pair(false);
    root.classList.add("playground");
    root.replaceChildren(this.form, seen);
  }

  private listen(): void {
    this.form.onsubmit = (event): void => {
      event.preventDefault();
      this.views[0].intoSight();
      void this.draw();
    };
    this.form.oninput = ({ target }): void => {
      if (target === this.file) return;
      if (target === this.model) this.chosen();
      else if (target === this.scheduler) this.limit();
      else if (target === this.provider) this.change();
      this.warn();
      clearTimeout(this.timer);
      if (this.typing.checked) this.timer = window.setTimeout(() => void this.draw(), PAUSE);
    };
    this.stop.onclick = (): void => this.cancel();
    this.scrub.oninput = (): void => this.show(Number(this.scrub.value));
    this.scrub.onchange = (): void =>
      void this.sharpen().catch((error: unknown) => this.refuse(error));
    this.file.onchange = (): void => void this.read(this.file.files?.[0]);
    this.which.oninput = (): void => void this.choose();
    window.ondragover = (event): void => event.preventDefault(); // or the browser opens the file
    window.ondrop = (event): void => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      void (file?.type.startsWith("image/") ? this.take(file) : this.read(file));
    };
    this.link.onclick = (): void => void this.copy();
    this.views.forEach(({ save }, number) => {
      save.onclick = (): void =>
        void this.store(number).catch((error: unknown) => this.fail(error));
    });
    this.compare.ontoggle = (): void => {
      if (this.compare.open) this.prompt2.value ||= this.prompt.value;
      this.warn();
    };
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
    const start = this.begin.open ? this.sketch.start() : null;
    const steps = this.steps.valueAsNumber;
    const none = start !== null && firstStep(steps, start.strength) === steps;
    this.sketch.strength.setCustomValidity(none ? say("badStrength") : "");
    if (seed === null || !this.form.reportValidity()) return null;
    return {
      model: this.model.value as ModelName,
      scheduler: this.scheduler.value as SchedulerName,
      prompt: this.prompt.value,
      prompt2: this.second(),
      negativePrompt: this.negative.value,
      seed,
      steps,
      guidanceScale: this.guidance.valueAsNumber,
      start,
    };
  }

  /** The second prompt; empty if none is wanted: it is folded away, or changes nothing. */
  private second(): string {
    const { value } = this.prompt2;
    return this.compare.open && value !== this.prompt.value ? value : "";
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
      prompt2: this.second(),
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
    const texts = [this.prompt.value, this.second(), this.negative.value];
    const words = new Set(texts.flatMap((value) => unknownWords(value, this.known)));
    if (words.size) told.push(say("unknown", { words: [...words].join(", ") }));
    for (const value of texts) {
      const [{ count }, places] = [this.tokenizer.encode(value), this.index.tokenizer.length];
      if (count > places) told.push(say("cut", { count, places }));
    }
    const usual = this.index.models[this.model.value as ModelName].guidance_scale;
    const guidance = this.guidance.valueAsNumber;
    if (usual === 1 && guidance !== 1) told.push(say("guided"));
    else if (guidance === 1 && this.negative.value.trim()) told.push(say("unheard"));
    this.warning.textContent = told.join(" ");
  }

  private async draw(settings = this.settings()): Promise<void> {
    if (!settings) return;
    if (this.painter.broken) this.employ(this.provider.value as Provider); // perhaps it loads now
    history.replaceState(null, "", `#${limits.toAddress(settings)}`);
    this.painter.cancel();
    this.close();
    [this.made, this.drawn] = [[], settings];
    this.stop.disabled = false;
    this.finish([]);
    this.pair(settings.prompt2 !== "");
    const runs = runsOf(settings);
    const [provider, { runtime }] = [this.provider.value as Provider, this];
    runs.forEach(({ prompt }, number) => this.views[number].begin(this.tokenizer.words(prompt)));
    try {
      await this.load(settings.model);
      if (this.drawn !== settings) return; // stopped, or the next run has begun
      const began = performance.now();
      const drawn = await this.painter.draw(settings, (steps) => this.add(steps, settings));
      if (this.drawn !== settings || !drawn) return;
      this.stop.disabled = true;
      drawn.forEach(({ picture }, number) => {
        const caption = (runs.length > 1 && runs[number].prompt) || undefined;
        this.views[number].finish(picture, caption);
      });
      this.finish(runs.map((one) => ({ settings: one, provider, runtime })));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      this.tell("done", { steps: this.made.length, seconds });
    } catch (error) {
      if (this.drawn === settings) this.refuse(error);
    }
  }

  /** Whoever was chosen draws; a run that goes on is stopped. */
  private change(): void {
    if (!this.stop.disabled) this.cancel();
    this.noCard.textContent = "";
    this.employ(this.provider.value as Provider);
  }

  /** What draws has failed: the processor goes on where it was a graphics card. */
  private refuse(error: unknown): void {
    if (this.provider.value === "wasm") return this.fail(error);
    const drawing = this.stop.disabled ? null : this.drawn;
    this.provider.value = "wasm";
    this.change();
    this.noCard.textContent = say("noCard", { message: messageOf(error) });
    if (drawing) void this.draw({ ...drawing }); // a run of its own: the failed one may still end
  }

  private pair(wanted: boolean): void {
    this.views[1].box.hidden = !wanted;
  }

  /** What can be saved from now on: a picture of each of these settings. */
  private finish(finished: Finished[]): void {
    this.finished = finished;
    this.views.forEach(({ save }, number) => (save.disabled = number >= finished.length));
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

  private add(steps: Step[], settings: Settings): void {
    if (this.drawn !== settings) return;
    this.made.push(steps);
    const last = this.made.length - 1;
    this.scrub.max = String(last);
    this.scrub.value = String(last);
    this.show(last);
  }

  private show(number: number): void {
    if (this.replay) return void this.look(this.replay, number);
    const steps = this.made[number];
    if (!steps) return;
    const colours = this.index.latents_to_rgb;
    steps.forEach(({ xT, x0Hat }, one) => {
      this.views[one].step(xT, x0Hat, colours);
      this.views[one].look(
        this.made.map((each) => each[one].looks),
        number,
      );
    });
    this.tell("drawing", { index: steps[0].index + 1, t: steps[0].t });
  }

  /** The guesses of the step that the slider rests on, drawn by the VAE. */
  private async sharpen(): Promise<void> {
    if (this.replay) return; // another model's latents may mean something else
    const steps = this.made[Number(this.scrub.value)] ?? [];
    for (const [one, { x0Hat }] of steps.entries()) {
      const planes = await this.painter.decode(x0Hat);
      if (steps !== this.made[Number(this.scrub.value)]) return; // it went on
      this.views[one].sharpen(planes);
    }
  }

  /** An image to start from, which may be none. */
  private async take(file: File): Promise<void> {
    this.begin.open = true;
    await this.sketch.load(file).catch(() => this.tell("noImage"));
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
      this.made = [];
      this.finish([]);
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
    this.pair(false);
    this.views[0].begin([]);
    this.views[0].finish(planes, undefined, run.pixels[1]);
    this.scrub.max = String(last); // before the value, which it limits
    this.scrub.value = String(last);
    await this.look(this.replay, last);
  }

  private async look(replay: Replay, number: number): Promise<void> {
    const { run, picture, colours } = replay;
    const { t, xT, x0Hat } = await run.step(number, picture);
    if (this.replay !== replay || Number(this.scrub.value) !== number) return; // it went on
    this.views[0].step(xT, x0Hat, colours, run.size[1]);
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
      () => this.tell(settings.start ? "copiedWithout" : "copied"),
      (error: unknown) => this.fail(error),
    );
  }

  private async store(number: number): Promise<void> {
    const finished = this.finished[number];
    if (!finished) return;
    const { settings, provider, runtime } = finished;
    const text = limits.toJson(settings, this.index, provider, await runtime);
    const href = URL.createObjectURL(await this.views[number].png(text));
    const name = `${settings.model}-${settings.seed}${number ? "-second" : ""}.png`;
    element("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  private tell(key: Key, fields: Record<string, string | number> = {}): void {
    this.status.textContent = say(key, fields);
  }

  private fail(error: unknown): void {
    this.stop.disabled = this.progress.hidden = true;
    this.tell("failed", { message: messageOf(error) });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Whether there is a graphics card that a page may use. */
async function hasCard(): Promise<boolean> {
  const found = await navigator.gpu?.requestAdapter().catch(() => null);
  return found?.info?.isFallbackAdapter === false; // else the card may be the processor again
}

async function start(root: HTMLElement): Promise<void> {
  const { model, wasm, webgpu, prompt = "" } = root.dataset;
  if (location.protocol === "file:") {
    root.textContent = say("file");
    return;
  }
  const base = new URL(model!, location.href).href;
  try {
    const workers = { wasm: wasm!, webgpu: webgpu! };
    new Playground(root, await readIndex(base), base, workers, prompt);
  } catch (error) {
    root.textContent = say("failed", { message: String(error) });
  }
}

const root = document.getElementById("playground");
if (root) void start(root);
