// One file of this folder with all that it imports, as one script:
//   node web/engine/bundle.mjs worker-wasm.ts out/worker-wasm.js iife
// The worker is a classic script ("iife"), so that it also starts where a page has no server.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [source, outfile, format] = process.argv.slice(2);
await build({
  entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
  outfile,
  format,
  bundle: true,
  minify: true,
  // ONNX Runtime asks where it lies; a classic script is only told where its page lies.
  define: format === "iife" ? { "import.meta.url": "location.href" } : {},
});
