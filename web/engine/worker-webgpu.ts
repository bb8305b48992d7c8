/**
 * The worker that computes on the graphics card.
 *
 * ONNX Runtime's bundle "onnxruntime-web/webgpu" has no kernels for some nodes of the text encoder and
 * of the VAE encoder, not even on the processor; this one has.
 */

import * as ort from "onnxruntime-web";

import { work } from "./worker";

work({ ort, provider: "webgpu" });
