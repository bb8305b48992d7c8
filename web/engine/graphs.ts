/** Which files the networks are made of. */

import type { ModelName } from "./index-file";

/** Reads one of the exported files, or ONNX Runtime's own `RUNTIME`. */
export type ReadFile = (name: string) => Promise<Uint8Array<ArrayBuffer>>;

export const RUNTIME = "ort-wasm-simd-threaded.wasm";

/** Graph -> the files in which it says that its weights lie. */
export const WEIGHTS: Record<string, string[]> = {
  text_encoder: ["text_encoder.safetensors"],
  vae_encoder: ["vae.safetensors"],
  vae_decoder: ["vae.safetensors"],
  unet: ["unet.safetensors"],
  "tiny-turbo": ["unet.safetensors", "tiny-turbo.safetensors"],
};
/** Model -> the graph of its U-Net. */
export const GRAPH: Record<ModelName, string> = { tiny: "unet", "tiny-turbo": "tiny-turbo" };

/** The exported files that a model is read from; a start from a picture asks for one more. */
export const filesOf = (model: ModelName): string[] => {
  const graphs = ["text_encoder", "vae_decoder", GRAPH[model]];
  return graphs.flatMap((graph) => [`${graph}.onnx`, ...WEIGHTS[graph]]);
};
