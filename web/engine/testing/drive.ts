/** Uses the playground as a reader would, in a frame, and tells what there is to see. */

const tell = (name: string, body: unknown): Promise<Response> =>
  fetch(`/told/${name}`, { method: "POST", body: JSON.stringify(body) });
const pause = (): Promise<void> => new Promise((resume) => setTimeout(resume, 50));

/** What stands in the frame, once it stands there. */
async function seen<T>(look: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found) return found;
    await pause();
  }
}

/** A fresh playground at an address. */
async function open(hash: string): Promise<Document> {
  document.querySelector("iframe")?.remove();
  const frame = document.createElement("iframe");
  frame.src = `playground.html#${hash}`;
  document.body.append(frame);
  const ready = (): Document | false => {
    const page = frame.contentDocument;
    return page?.querySelector("form") ? page : false;
  };
  return seen(ready);
}

const button = (page: Document, words: string): HTMLButtonElement =>
  [...page.querySelectorAll("button")].find(({ textContent }) => textContent === words)!;
const status = (page: Document): string => page.querySelector("[role=status]")!.textContent!;
const values = (page: Document): string[] =>
  [...page.querySelectorAll<HTMLInputElement>("textarea, select, input")].map(({ value }) => value);

async function drawing(page: Document): Promise<void> {
  button(page, "Draw").click();
  const text = await seen(() => /^(Done|This)/.test(status(page)) && status(page));
  const canvases = [...page.querySelectorAll("canvas")];
  const slider = page.querySelector<HTMLInputElement>("input[type=range]")!;
  const shown = {
    sizes: canvases.map(({ width }) => width),
    slider: slider.value,
    most: slider.max,
  };
  const pixels = canvases[0].getContext("2d")!.getImageData(0, 0, 128, 128).data;
  await tell("drawn", { text, shown, hash: page.location.hash, pixels: [...pixels] });
  slider.value = "0";
  slider.dispatchEvent(new Event("input"));
  slider.dispatchEvent(new Event("change"));
  await tell("back", status(page));
  await seen(() => canvases[2].width === 128);
  await tell("saved", await saved(page));
}

/** Drops a file of the server on the page; what stands there once its status has changed. */
async function dropped(page: Document, name: string): Promise<unknown> {
  const view = page.defaultView as Window & typeof globalThis;
  const before = status(page);
  const bytes = await (await fetch(name)).arrayBuffer();
  const transfer = new view.DataTransfer();
  transfer.items.add(new view.File([bytes], name));
  page.body.dispatchEvent(
    new view.DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
  const ended = (): boolean => ![before, "Stopped."].includes(status(page));
  await seen(ended);
  const slider = page.querySelector<HTMLInputElement>("input[type=range]")!;
  const sizes = [...page.querySelectorAll("canvas")].map(({ width, height }) => [width, height]);
  const elements = page.querySelectorAll("*").length;
  return { status: status(page), sizes, most: slider.max, elements };
}

/** The bytes of the file that "Save PNG" hands over, caught before the browser stores it. */
async function saved(page: Document): Promise<number[]> {
  const view = page.defaultView as Window & typeof globalThis;
  const link = new Promise<HTMLAnchorElement>((caught) => {
    view.HTMLAnchorElement.prototype.click = function (): void {
      caught(this);
    };
  });
  button(page, "Save PNG").click();
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
  await drawing(await open(hashes[0]));
  await tell("end", {});
}

all().catch((error: unknown) => tell("failed", String(error)));

export {};
