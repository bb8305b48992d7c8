/** Draws what the test asks for, as a page does, and tells it every step. */

import { Painter } from "../painter";
import { Sketch } from "../sketch";
import type { Settings, Start } from "../sampling";

type Case = Omit<Settings, "seed" | "prompt2" | "start"> & {
  seed: string;
  start: { picture: string; strength: number } | null;
};

const asked = async ({ seed, start, ...others }: Case): Promise<Settings> => ({
  ...others,
  prompt2: "",
  seed: BigInt(seed),
  start: start && (await loaded(start)),
});

/** An image as the page takes it. */
async function loaded({ picture, strength }: NonNullable<Case["start"]>): Promise<Start> {
  const sketch = new Sketch(128, () => undefined);
  await sketch.load(await (await fetch(picture)).blob());
  return { ...sketch.start()!, strength };
}

const tell = (name: string, body: unknown): Promise<Response> =>
  fetch(`/told/${name}`, { method: "POST", body: JSON.stringify(body) });

async function draw(painter: Painter, one: Case): Promise<unknown> {
  const steps: { t: number; at: number; xT: number[]; x0Hat: number[]; looks: number[] }[] = [];
  const drawn = await painter.draw(await asked(one), ([{ t, xT, x0Hat, looks }]) =>
    steps.push({
      t,
      at: performance.now(),
      xT: [...xT],
      x0Hat: [...x0Hat],
      looks: [...looks],
    }),
  );
  if (!drawn) throw new Error("cancelled");
  const [{ latents, picture }] = drawn;
  return { steps, latents: [...latents], picture: [...picture] };
}

/** What is left of a run that is stopped at its second step: the steps that came, and the end. */
async function cancelled(painter: Painter, one: Case): Promise<unknown> {
  let steps = 0;
  const drawn = await painter.draw(await asked(one), () => ++steps === 2 && painter.cancel());
  return { steps, drawn };
}

/** The address tells who computes, and which cases. */
async function all(): Promise<void> {
  const [provider, asked] = location.search.slice(1).split("&");
  const card = !!(await navigator.gpu?.requestAdapter());
  await tell("card", card);
  if (provider === "webgpu" && !card) return void (await tell("end", {}));
  const cases = (await (await fetch(asked)).json()) as Case[];
  const [began, painter] = [performance.now(), new Painter(`worker-${provider}.js`)];
  await painter.open(new URL("model/", location.href).href);
  await painter.prepare(cases[0].model);
  await tell("loading", performance.now() - began);
  if (provider === "wasm") await tell("cancelled", await cancelled(painter, cases[0]));
  for (const [number, one] of cases.entries()) await tell(String(number), await draw(painter, one));
  await tell("end", {});
}

all().catch((error: unknown) => tell("failed", String(error)));
