/** Which files the networks are made of. */

import type { ModelName } from "./index-file";

/** Reads one of the exported files, or one of ONNX Runtime's own `RUNTIMES`. */
export type ReadFile = (name: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Who computes, in ONNX Runtime's names: the processor, or a graphics card. */
export type Provider = "wasm" | "webgpu";

/** Provider -> ONNX Runtime's file for it. */
export const RUNTIMES: Record<Provider, string> = {
  wasm: "ort-wasm-simd-threaded.wasm",
  webgpu: "ort-wasm-simd-threaded.jsep.wasm",
};

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
