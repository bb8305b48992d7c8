/** What `python -m helpers export-onnx` writes as model.json. */

export interface TokenizerData {
  /** Every token, in the order of its number. */
  vocabulary: string[];
  /** Pairs of tokens that become one, the most important first. */
  merges: [string, string][];
  start: number;
  end: number;
  padding: number;
  /** Tokens that stand for themselves wherever a text names them. */
  special: Record<string, number>;
  /** Places of a prompt. */
  length: number;
  known_words: string[];
}

/** A scheduler's configuration in diffusers' names; only what the schedulers here read. */
export interface SchedulerConfig {
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  beta_schedule: string;
  prediction_type: string;
  timestep_spacing: string;
  steps_offset: number;
  [option: string]: unknown;
}

export interface SchedulerData {
  class: string;
  config: SchedulerConfig;
}

export type SchedulerName = "dpm++" | "ddim" | "lcm";
export type ModelName = "tiny" | "tiny-turbo";

export interface ModelData {
  steps: number;
  guidance_scale: number;
  schedulers: Partial<Record<SchedulerName, SchedulerData>>;
}

export interface FileData {
  bytes: number;
  sha256: string;
}

export interface IndexFile {
  tokenizer: TokenizerData;
  /** Channels, height and width of one picture's latents. */
  latents: [number, number, number];
  /** Sides of a picture. */
  pixels: number;
  /** A row of red, green, blue for each channel, and one of constants. */
  latents_to_rgb: number[][];
  models: Record<ModelName, ModelData>;
  files: Record<string, FileData>;
}
