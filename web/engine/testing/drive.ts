/** Uses the playground as a reader would, in a frame, and tells what there is to see. */

const tell = (name: string, body: unknown): Promise<Response> =>
  fetch(`/told/${name}`, { method: "POST", body: JSON.stringify(body) });
const pause = (): Promise<void> => new Promise((resume) => setTimeout(resume, 50));

/** What stands in the frame, once it stands there; an error after five minutes. */
async function seen<T>(look: () => T | null | undefined | false): Promise<T> {
  const last = performance.now() + 300_000;
  while (performance.now() < last) {
    const found = look();
    if (found) return found;
    await pause();
  }
  throw new Error(`waited in vain for ${look}`);
}

/** A fresh playground at an address; of one page or another. */
async function open(hash: string, name = "playground"): Promise<Document> {
  document.querySelector("iframe")?.remove();
  const frame = document.createElement("iframe");
  frame.src = `${name}.html#${hash}`;
  document.body.append(frame);
  const ready = (): Document | false => {
    const page = frame.contentDocument;
    return page?.querySelector("form") ? page : false;
  };
  return seen(ready);
}

const button = (page: Document, words: string, which = 0): HTMLButtonElement =>
  [...page.querySelectorAll("button")].filter(({ textContent }) => textContent === words)[which];
const canvases = (page: Document): HTMLCanvasElement[] => [
  ...page.querySelectorAll<HTMLCanvasElement>(".view:not([hidden]) canvas:not(.above)"),
];
const scrub = (page: Document): HTMLInputElement =>
  page.querySelector<HTMLInputElement>(".seen input[type=range]")!;
const pixels = (canvas: HTMLCanvasElement): number[] => {
  const { width, height } = canvas;
  return [...canvas.getContext("2d")!.getImageData(0, 0, width, height).data];
};
const status = (page: Document): string => page.querySelector("[role=status]")!.textContent!;
const values = (page: Document): string[] =>
  [...page.querySelectorAll<HTMLInputElement>("textarea, select, input")].map(({ value }) => value);

async function drawn(page: Document): Promise<string> {
  button(page, "Draw").click();
  return seen(() => /^(Done|This)/.test(status(page)) && status(page));
}

async function drawing(page: Document): Promise<void> {
  const text = await drawn(page);
  const [picture, , guess] = canvases(page);
  const slider = scrub(page);
  const shown = {
    sizes: canvases(page).map(({ width }) => width),
    slider: slider.value,
    most: slider.max,
  };
  await tell("drawn", { text, shown, hash: page.location.hash, pixels: pixels(picture) });
  await tell("looked", looking(page));
  slide(slider, "0");
  await tell("back", status(page));
  await seen(() => guess.width === 128);
  await tell("saved", await saved(page));
}

/** Chooses the first two words one after the other, and the second once more. */
function looking(page: Document): unknown {
  const box = page.querySelector<HTMLElement>(".words")!;
  const words = [...box.querySelectorAll("button")];
  const above = [...page.querySelectorAll<HTMLCanvasElement>(".view:not([hidden]) .above")];
  const seen = [1, 2, 2].map((which) => {
    words[which].click();
    return {
      pressed: words.map((one) => one.getAttribute("aria-pressed") === "true"),
      told: box.querySelector("p:last-child")!.textContent,
      shades: above.map((one) => (one.hidden ? null : pixels(one))),
    };
  });
  return { words: words.map(({ textContent }) => textContent), seen };
}

function slide(slider: HTMLInputElement, value: string): void {
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
  slider.dispatchEvent(new Event("change"));
}

/** Unfolds the second prompt, changes it, and draws both. */
async function comparing(page: Document): Promise<void> {
  const fold = page.querySelector("details")!;
  const second = fold.querySelector("textarea")!;
  fold.querySelector("summary")!.click();
  const offered = await seen(() => second.value);
  second.value = "a boat on a lake <b>zebu zebra</b>";
  second.dispatchEvent(new Event("input", { bubbles: true }));
  const warned = page.querySelector("form > p")!.textContent;
  const text = await drawn(page);
  const [first, firstNoise, , other, otherNoise] = canvases(page);
  const captions = [...page.querySelectorAll(".large figcaption")].map((one) => one.textContent);
  const pictures = [pixels(first), pixels(other)];
  slide(scrub(page), "0");
  const noises = [pixels(firstNoise), pixels(otherNoise)];
  const { hash } = page.location;
  const png = await saved(page, 1);
  await tell("compared", { offered, warned, text, captions, pictures, noises, hash, png });
}

/** Draws a red stroke, and lets a run start from it. */
async function sketching(page: Document): Promise<void> {
  const [compare, begin] = page.querySelectorAll("details");
  compare.open = false;
  begin.open = true;
  const canvas = begin.querySelector("canvas")!;
  const blank = await drawn(page); // white paper is no start
  page.querySelector<HTMLInputElement>("[title=Red]")!.click();
  page.querySelector<HTMLInputElement>("[title='Thick brush']")!.click();
  const { left, top, width } = canvas.getBoundingClientRect();
  const move = (type: string, x: number, y: number): boolean =>
    canvas.dispatchEvent(
      new PointerEvent(type, {
        clientX: left + x * width,
        clientY: top + y * width,
        buttons: 1,
        isPrimary: true,
      }),
    );
  move("pointerdown", 0.2, 0.5);
  move("pointermove", 0.8, 0.5);
  move("pointerup", 0.8, 0.5);
  const strength = begin.querySelector<HTMLInputElement>("input[type=range]")!;
  const refused = await refusal(page, strength, "0.05");
  strength.value = "0.5";
  strength.dispatchEvent(new Event("input", { bubbles: true }));
  const told = strength.parentElement!.textContent;
  const text = await drawn(page);
  const [picture] = canvases(page);
  const { hash } = page.location;
  const shown = { picture: pixels(picture), sketch: pixels(canvas) };
  await tell("sketched", { blank, refused, told, text, hash, ...shown, png: await saved(page) });
}

/** Chooses the graphics card, if there is one, and draws. */
async function carded(page: Document): Promise<unknown> {
  const choice = page.querySelectorAll("select")[2];
  if (!(await navigator.gpu?.requestAdapter())) return null;
  await seen(() => !choice.parentElement!.hidden);
  const offered = [...choice.options].map(({ text }) => text);
  choice.value = "webgpu";
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  const text = await drawn(page);
  const warned = page.querySelector("[role=alert]")!.textContent;
  const [picture] = canvases(page);
  const png = await saved(page);
  return { offered, text, chosen: choice.value, warned, pixels: pixels(picture), png };
}

/** The sentence with which a strength is refused. */
async function refusal(page: Document, strength: HTMLInputElement, value: string): Promise<string> {
  strength.value = value;
  button(page, "Draw").click();
  return seen(() => strength.validationMessage);
}

/** Drops a file of the server on the page; what stands there once its status has changed. */
async function dropped(page: Document, name: string): Promise<unknown> {
  const view = page.defaultView as Window & typeof globalThis;
  const before = status(page);
  const bytes = await (await fetch(name)).arrayBuffer();
  const transfer = new view.DataTransfer();
  const type = name.endsWith(".png") ? "image/png" : "";
  transfer.items.add(new view.File([bytes], name, { type }));
  page.body.dispatchEvent(
    new view.DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
  const ended = (): boolean => ![before, "Stopped."].includes(status(page));
  await seen(ended);
  const slider = scrub(page);
  const sizes = canvases(page).map(({ width, height }) => [width, height]);
  const elements = page.querySelectorAll("*").length;
  return { status: status(page), sizes, most: slider.max, elements };
}

/** The bytes of the file that "Save PNG" hands over, caught before the browser stores it. */
async function saved(page: Document, which = 0): Promise<number[]> {
  const view = page.defaultView as Window & typeof globalThis;
  const link = new Promise<HTMLAnchorElement>((caught) => {
    view.HTMLAnchorElement.prototype.click = function (): void {
      caught(this);
    };
  });
  button(page, "Save PNG", which).click();
  return [...new Uint8Array(await (await fetch((await link).href)).arrayBuffer())];
}

async function all(): Promise<void> {
  const hashes = (await (await fetch("hashes.json")).json()) as string[];
  const opened = [];
  for (const hash of hashes) {
    const page = await open(hash);
    const warned = page.querySelector("form > p")!.textContent;
    const elements = page.querySelectorAll("*").length;
    opened.push({ values: values(page), warned, elements });
  }
  await tell("opened", opened);
  const page = await open("");
  await tell("dropped", await dropped(page, "run.safetensors"));
  await tell("refused", await dropped(page, "cut.safetensors"));
  await tell("unreadable", await dropped(page, "cut.png"));
  const drawn = await open(hashes[0]);
  await drawing(drawn);
  await comparing(drawn);
  await sketching(drawn);
  await tell("carded", await carded(await open(hashes[0])));
  await tell("broken", await carded(await open(hashes[0], "broken")));
  await tell("end", {});
}

all().catch((error: unknown) => tell("failed", String(error)));

export {};
