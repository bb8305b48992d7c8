/**
 * A recorded run of any model: the file that `Trajectory.save` of the helpers writes, read here.
 *
 * Nothing is believed that was not looked at: the file may come from anybody. Numbers of a step are
 * read when it is shown, so a run may be larger than the memory of the page.
 */

const FORMAT = "stable-diffusion-trajectory";
const VERSION = "1";
const MOST_HEADER = 1_000_000; // letters; a run's is a few thousand
const MOST_LETTERS = 1000; // of a prompt
const MOST_SIDE = 4096; // of a picture: what every browser can paint
const MOST_CHANNELS = 64; // of latents: today's models have 4 to 32
const MOST_STEPS = 1_000_000;
const BYTES = { F32: 4, F64: 8 } as const;

type Kind = keyof typeof BYTES;
type Parts = Map<string, Part>;
type Json = Record<string, unknown>;

/** Why a file is no recorded run: a sentence of the page, and its fields. */
export class BadRecording extends Error {
  constructor(
    readonly reason:
      "noTensors" | "noRun" | "otherVersion" | "noSettings" | "misfit" | "badNumbers" | "tooLarge",
    readonly fields: Record<string, string> = {},
  ) {
    super([reason, ...Object.values(fields)].join(": "));
  }
}

/** What a header says of one tensor. */
interface Part {
  kind: Kind;
  shape: number[];
  begin: number;
  end: number;
}

/** A step of one picture of the run. */
export interface RecordedStep {
  t: number;
  alphaBar: number;
  xT: Float32Array;
  x0Hat: Float32Array;
}

export class Recording {
  private constructor(
    private readonly file: Blob,
    private readonly parts: Parts,
    readonly settings: Readonly<Json>,
    private readonly times: Float64Array,
    private readonly shares: Float64Array,
  ) {}

  /** @throws BadRecording - the file is anything else than a run, whole and as it was saved. */
  static async read(file: Blob): Promise<Recording> {
    const { header, begin } = await readHeader(file);
    const settings = settingsOf(header);
    const parts = partsOf(header, begin, file.size);
    checkShapes(parts);
    const [step, t, share] = await Promise.all(
      ["step", "t", "alpha_bar"].map(
        async (name) => new Float64Array(await bytes(file, parts.get(name)!)),
      ),
    );
    const whole = step.every(
      (value) => Number.isInteger(value) && value >= 0 && value < MOST_STEPS,
    );
    if (!whole || step.some((value, i) => value < step[i - 1])) throw bad("step");
    if (!t.every((value) => value >= 0 && value < Infinity)) throw bad("t");
    if (!share.every((value) => value >= 0 && value < 1)) throw bad("alpha_bar");
    return new Recording(file, parts, settings, t, share);
  }

  /** Calls of the U-Net. */
  get length(): number {
    return this.times.length;
  }

  /** Pictures that were drawn at once. */
  get pictures(): number {
    return this.parts.get("images")!.shape[0];
  }

  /** Height and width of the latents. */
  get size(): [number, number] {
    return this.parts.get("latents")!.shape.slice(3) as [number, number];
  }

  /** Height and width of a picture. */
  get pixels(): [number, number] {
    return this.parts.get("images")!.shape.slice(2) as [number, number];
  }

  /** What a picture was asked to be; empty where the settings do not tell. */
  prompt(picture: number): string {
    const { prompt } = this.settings;
    const told: unknown = Array.isArray(prompt) ? prompt[picture] : prompt;
    return typeof told === "string" ? Array.from(told).slice(0, MOST_LETTERS).join("") : "";
  }

  async step(number: number, picture: number): Promise<RecordedStep> {
    const [xT, x0Hat] = await Promise.all([
      this.row("x_t", number, picture),
      this.row("x0_hat", number, picture),
    ]);
    return { t: this.times[number], alphaBar: this.shares[number], xT, x0Hat };
  }

  /** The finished picture: planes of red, green and blue in [0, 1]. */
  image(picture: number): Promise<Float32Array> {
    return this.row("images", picture);
  }

  /**
   * Rows of red, green and blue for each channel of the latents, and one of constants: how the
   * finished latents become the finished picture, by least squares. So the latents of any model can
   * be looked at without its decoder.
   */
  async colours(picture: number): Promise<number[][]> {
    const [latents, planes] = await Promise.all([
      this.row("x_t", this.length, picture),
      this.image(picture),
    ]);
    return fitted(latents, shrunk(planes, this.pixels, this.size), this.size[0] * this.size[1]);
  }

  /** One element of a tensor, by its first places. */
  private async row(name: string, ...places: number[]): Promise<Float32Array> {
    const part = this.parts.get(name)!;
    const inside = part.shape.slice(places.length).reduce((product, side) => product * side, 1);
    const at = places.reduce((sum, place, axis) => sum * part.shape[axis] + place, 0);
    const begin = part.begin + 4 * inside * at;
    return new Float32Array(await bytes(this.file, { begin, end: begin + 4 * inside }));
  }
}

/** A whole safetensors header, and where the numbers begin. */
async function readHeader(file: Blob): Promise<{ header: Json; begin: number }> {
  const none = new BadRecording("noTensors");
  if (file.size < 8) throw none;
  const length = new DataView(await bytes(file, { begin: 0, end: 8 })).getBigUint64(0, true);
  if (length > BigInt(Math.min(file.size - 8, MOST_HEADER))) throw none;
  const begin = 8 + Number(length);
  const header = json(await bytes(file, { begin: 8, end: begin }));
  if (!header) throw none;
  return { header, begin };
}

function settingsOf(header: Json): Json {
  const told = record(header.__metadata__);
  if (!told || told.format !== FORMAT) throw new BadRecording("noRun");
  if (told.version !== VERSION)
    throw new BadRecording("otherVersion", { found: short(told.version) });
  const settings = typeof told.settings === "string" ? json(told.settings) : null;
  if (!settings) throw new BadRecording("noSettings");
  return settings;
}

/** The tensors, which fill the rest of the file without holes. */
function partsOf(header: Json, begin: number, size: number): Parts {
  const parts: Parts = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") parts.set(name, partOf(name, record(value), begin));
  }
  let end = begin;
  for (const [name, part] of [...parts].sort(([, a], [, b]) => a.begin - b.begin)) {
    if (part.begin !== end) throw misfit(name);
    end = part.end;
  }
  if (end !== size) throw new BadRecording("noTensors");
  return parts;
}

function partOf(name: string, told: Json | null, begin: number): Part {
  const { dtype: kind, shape, data_offsets: offsets } = told ?? {};
  const known = kind === (["step", "t", "alpha_bar"].includes(name) ? "F64" : "F32");
  if (!known || !counts(shape) || !counts(offsets) || offsets.length !== 2) throw misfit(name);
  const length = shape.reduce((product, side) => product * side, BYTES[kind as Kind]);
  if (offsets[1] - offsets[0] !== length) throw misfit(name);
  return { kind: kind as Kind, shape, begin: begin + offsets[0], end: begin + offsets[1] };
}

/** Every tensor is there, no other is, and shapes follow from the latents'. */
function checkShapes(parts: Parts): void {
  const latents = parts.get("latents")?.shape ?? [];
  const images = parts.get("images")?.shape ?? [];
  if (latents.length !== 5 || latents[0] < 2 || Math.min(...latents) < 1) throw misfit("latents");
  const [frames, ...picture] = latents;
  const each = [frames - 1, ...picture];
  const numbers = [frames - 1];
  const expected = new Map([
    ["latents", latents], ["x_t", latents], ["images", [picture[0], 3, ...images.slice(2, 4)]],
    ["step", numbers], ["t", numbers], ["alpha_bar", numbers],
    ["eps_cond", each], ["eps", each], ["x0_hat", each],
  ]); // prettier-ignore
  if (parts.has("eps_uncond")) expected.set("eps_uncond", each);
  for (const [name, shape] of expected) {
    if (parts.get(name)?.shape.join() !== shape.join()) throw misfit(name);
  }
  for (const name of parts.keys()) if (!expected.has(name)) throw misfit(name);
  const [tall, wide] = [images[2] / picture[2], images[3] / picture[3]];
  if (images.length !== 4 || tall !== wide || !Number.isInteger(tall) || tall < 1)
    throw misfit("images");
  if (Math.max(...images.slice(2)) > MOST_SIDE || picture[1] > MOST_CHANNELS) {
    throw new BadRecording("tooLarge", {
      pixels: String(MOST_SIDE),
      channels: String(MOST_CHANNELS),
    });
  }
}

/** Each plane as small as the latents: the mean of the square that a latent stands for. */
function shrunk(
  planes: Float32Array,
  [height, width]: [number, number],
  [h, w]: [number, number],
): Float32Array {
  const small = new Float32Array(3 * h * w);
  const side = height / h;
  for (let at = 0; at < planes.length; at++) {
    const [plane, y, x] = [
      Math.floor(at / (height * width)),
      Math.floor(at / width) % height,
      at % width,
    ];
    small[(plane * h + Math.floor(y / side)) * w + Math.floor(x / side)] += planes[at] / side ** 2;
  }
  return small;
}

/** Least squares by the normal equations, a trifle of ridge for latents that do not vary. */
function fitted(latents: Float32Array, colours: Float32Array, area: number): number[][] {
  const rows = latents.length / area + 1;
  const table = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: rows + 3 }, (_, column) => (row === column ? 1e-6 * area : 0)),
  );
  for (let at = 0; at < area; at++) {
    const known = Array.from({ length: rows + 3 }, (_, i) => {
      if (i === rows - 1) return 1;
      return i < rows ? latents[i * area + at] : colours[(i - rows) * area + at];
    });
    if (!known.every(Number.isFinite)) continue; // half precision can overflow honestly
    for (let i = 0; i < rows; i++) known.forEach((value, j) => (table[i][j] += known[i] * value));
  }
  return solved(table);
}

/** Gauss and Jordan's elimination: what stands right of a square, made by the square to unity. */
function solved(table: number[][]): number[][] {
  const rows = table.length;
  for (let pivot = 0; pivot < rows; pivot++) {
    const divided = table[pivot].map((value) => value / table[pivot][pivot]);
    table = table.map((row, i) =>
      i === pivot ? divided : row.map((value, j) => value - row[pivot] * divided[j]),
    );
  }
  return table.map((row) => row.slice(rows));
}

const bytes = (file: Blob, { begin, end }: { begin: number; end: number }): Promise<ArrayBuffer> =>
  file.slice(begin, end).arrayBuffer();

const misfit = (part: string): BadRecording => new BadRecording("misfit", { part: short(part) });
const bad = (part: string): BadRecording => new BadRecording("badNumbers", { part });

/** A few letters of what a file says, to be shown. */
const short = (value: unknown): string =>
  typeof value === "string" ? Array.from(value).slice(0, 40).join("") : typeof value;

function counts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function record(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : null;
}

/** A JSON object; null for anything else. */
function json(source: ArrayBuffer | string): Json | null {
  try {
    const text =
      typeof source === "string"
        ? source
        : new TextDecoder("utf-8", { fatal: true }).decode(source);
    return record(JSON.parse(text));
  } catch {
    return null;
  }
}
