/**
 * DDIM, DPM-Solver++ 2M and LCM as diffusers steps them, for models that predict v.
 *
 * Salimans and Ho 2022 (arXiv 2202.00512), appendix D: with x_t = a x0 + s eps and v = a eps - s x0,
 * where a = sqrt(alpha_bar) and s = sqrt(1 - alpha_bar), x0 = a x_t - s v and eps = s x_t + a v.
 */

import type { SchedulerConfig, SchedulerData } from "./index-file";
import type { Generator } from "./random";

export interface Scheduler {
  readonly timesteps: readonly number[];
  /** The share of the signal at step `index`. */
  alphaBar(index: number): number;
  /** The next latents, once for each index in order. */
  step(index: number, xT: Float32Array, x0: Float32Array, eps: Float32Array): Float32Array;
}

export function makeScheduler(data: SchedulerData, steps: number, drawn: Generator): Scheduler {
  const { config } = data;
  require(config, { beta_schedule: "scaled_linear", prediction_type: "v_prediction" });
  switch (data.class) {
    case "DDIMScheduler":
      return new Ddim(config, steps);
    case "DPMSolverMultistepScheduler":
      return new DpmSolver(config, steps);
    case "LCMScheduler":
      return new Lcm(config, steps, drawn);
    default:
      throw new Error(`scheduler: there is no ${data.class} here`);
  }
}

/** Song et al. 2021 (arXiv 2010.02502), equation 12 without new noise. */
class Ddim implements Scheduler {
  readonly timesteps: readonly number[];
  private readonly alphaBars: Float64Array;
  private readonly stride: number;

  constructor(
    private readonly config: SchedulerConfig,
    steps: number,
  ) {
    require(config, { clip_sample: false, thresholding: false });
    const trained = config.num_train_timesteps;
    this.alphaBars = alphaBars(config);
    this.stride = Math.floor(trained / steps);
    this.timesteps =
      config.timestep_spacing === "trailing"
        ? trailing(trained, steps)
        : leading(config, this.stride, steps, 0);
  }

  alphaBar(index: number): number {
    return this.alphaBars[this.timesteps[index]];
  }

  step(index: number, _xT: Float32Array, x0: Float32Array, eps: Float32Array): Float32Array {
    const before = this.timesteps[index] - this.stride;
    const last = this.config.set_alpha_to_one ? 1 : this.alphaBars[0];
    const share = before >= 0 ? this.alphaBars[before] : last;
    return mix(Math.sqrt(share), x0, Math.sqrt(1 - share), eps);
  }
}

/** Lu et al. 2022 (arXiv 2211.01095), algorithm 2; first and last step as DDIM's. */
class DpmSolver implements Scheduler {
  readonly timesteps: readonly number[];
  /** Noise over signal at each step, and 0 after the last. */
  private readonly sigmas: number[];
  private earlier: Float32Array | null = null;

  constructor(config: SchedulerConfig, steps: number) {
    require(config, {
      algorithm_type: "dpmsolver++", solver_order: 2, solver_type: "midpoint", thresholding: false,
      final_sigmas_type: "zero", use_karras_sigmas: false, use_exponential_sigmas: false,
      use_beta_sigmas: false, use_lu_lambdas: false, use_flow_sigmas: false,
    }); // prettier-ignore
    const trained = config.num_train_timesteps;
    this.timesteps =
      config.timestep_spacing === "trailing"
        ? trailing(trained, steps)
        : leading(config, Math.floor(trained / (steps + 1)), steps, 1);
    const shares = alphaBars(config);
    this.sigmas = [...this.timesteps.map((t) => Math.sqrt((1 - shares[t]) / shares[t])), 0];
  }

  alphaBar(index: number): number {
    return 1 / (1 + this.sigmas[index] ** 2);
  }

  step(index: number, xT: Float32Array, x0: Float32Array): Float32Array {
    const [now, next] = [this.level(index), this.level(index + 1)];
    const h = next.lambda - now.lambda;
    const gain = next.signal * (1 - Math.exp(-h));
    const aimed = this.aim(index, x0, now.lambda, h);
    this.earlier = x0;
    return mix(next.noise / now.noise, xT, gain, aimed);
  }

  /** Where x0 will be in the middle of the step, if it goes on as in the step before. */
  private aim(index: number, x0: Float32Array, lambda: number, h: number): Float32Array {
    const last = index === this.timesteps.length - 1;
    if (this.earlier === null || last) return x0;
    const ratio = h / (lambda - this.level(index - 1).lambda) / 2;
    return mix(1 + ratio, x0, -ratio, this.earlier);
  }

  private level(index: number): { signal: number; noise: number; lambda: number } {
    const sigma = this.sigmas[index];
    const signal = 1 / Math.sqrt(1 + sigma ** 2);
    return { signal, noise: sigma * signal, lambda: -Math.log(sigma) };
  }
}

/** Luo et al. 2023 (arXiv 2310.04378): jump to x0, and put fresh noise on it for the next jump. */
class Lcm implements Scheduler {
  readonly timesteps: readonly number[];
  private readonly alphaBars: Float64Array;

  constructor(
    private readonly config: SchedulerConfig,
    steps: number,
    private readonly drawn: Generator,
  ) {
    require(config, { clip_sample: false, thresholding: false });
    const learned = Number(config.original_inference_steps);
    if (steps > learned) throw new RangeError(`steps: LCM has learned at most ${learned}`);
    const stride = Math.floor(config.num_train_timesteps / learned);
    this.alphaBars = alphaBars(config);
    this.timesteps = Array.from({ length: steps }, (_, index) => {
      const from = learned - Math.floor((index * learned) / steps);
      return from * stride - 1;
    });
  }

  alphaBar(index: number): number {
    return this.alphaBars[this.timesteps[index]];
  }

  step(index: number, xT: Float32Array, x0: Float32Array): Float32Array {
    const scaled = this.timesteps[index] * Number(this.config.timestep_scaling);
    const [square, data] = [scaled ** 2 + SIGMA_DATA ** 2, SIGMA_DATA ** 2];
    const denoised = mix(scaled / Math.sqrt(square), x0, data / square, xT);
    if (index === this.timesteps.length - 1) return denoised;
    const share = this.alphaBar(index + 1);
    return mix(Math.sqrt(share), denoised, Math.sqrt(1 - share), this.drawn.normal(xT.length));
  }
}

const SIGMA_DATA = 0.5;

/** p x + q y, number by number. */
export function mix(p: number, x: Float32Array, q: number, y: Float32Array): Float32Array {
  return x.map((value, i) => p * value + q * y[i]);
}

/** alpha_bar of every timestep of the training: betas whose square roots are evenly spaced. */
function alphaBars(config: SchedulerConfig): Float64Array {
  const count = config.num_train_timesteps;
  const [first, last] = [Math.sqrt(config.beta_start), Math.sqrt(config.beta_end)];
  const found = new Float64Array(count);
  let product = 1;
  for (let t = 0; t < count; t++) {
    product *= 1 - (first + ((last - first) * t) / (count - 1)) ** 2;
    found[t] = product;
  }
  return found;
}

/** From the last timestep down in even strides, rounded (Lin et al. 2023, arXiv 2305.08891). */
function trailing(trained: number, steps: number): number[] {
  const stride = trained - (trained - trained / steps); // as NumPy's arange counts
  const count = Math.ceil(trained / (trained / steps));
  return Array.from({ length: count }, (_, i) => roundToEven(trained - i * stride) - 1);
}

/** In whole strides up from the offset, the last first; `skipped` strides are left out below. */
function leading(
  config: SchedulerConfig,
  stride: number,
  steps: number,
  skipped: number,
): number[] {
  require(config, { timestep_spacing: "leading" });
  const at = (index: number): number => (steps - 1 - index + skipped) * stride;
  return Array.from({ length: steps }, (_, index) => at(index) + config.steps_offset);
}

/** A half goes to the even neighbour, as NumPy rounds. */
function roundToEven(value: number): number {
  const low = Math.floor(value);
  const above = value - low;
  return above > 0.5 || (above === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** Refuses a configuration that would be stepped wrongly here. */
function require(config: SchedulerConfig, expected: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(expected)) {
    if ((config[name] ?? false) !== value) {
      throw new Error(
        `scheduler: ${name} is ${String(config[name])}, ${String(value)} was expected`,
      );
    }
  }
}
