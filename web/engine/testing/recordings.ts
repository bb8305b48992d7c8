/** What becomes of recorded runs, whole and damaged ones, for the test that made them. */

import { BadRecording, Recording } from "../recording";
import { preview } from "../sampling";

/** Everything that a page asks of a run; or the sentence that it shows instead. */
export async function opened(bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  try {
    const run = await Recording.read(new Blob([bytes]));
    const pictures = [];
    for (let picture = 0; picture < run.pictures; picture++) {
      const colours = await run.colours(picture);
      const steps = [];
      for (let number = 0; number < run.length; number++) {
        const { t, alphaBar, xT, x0Hat } = await run.step(number, picture);
        steps.push({
          t,
          alphaBar,
          xT: [...xT],
          x0Hat: [...x0Hat],
          seen: [...preview(xT, colours)],
        });
      }
      const image = [...(await run.image(picture))];
      pictures.push({ prompt: run.prompt(picture), steps, image, colours });
    }
    return { pictures, size: run.size, pixels: run.pixels };
  } catch (error) {
    if (error instanceof BadRecording) return { reason: error.reason, fields: error.fields };
    return { crash: String(error) };
  }
}
