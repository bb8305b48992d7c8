/** The worker that computes on the processor. */

import * as ort from "onnxruntime-web/wasm";

import { work } from "./worker";

work({ ort, provider: "wasm" });
