/** The exported files over the network, once: the browser keeps them for the next visit. */

import type { ReadFile } from "./graphs";
import type { IndexFile } from "./index-file";

const STORE = "stable-diffusion-step-by-step";

/** Told of each piece of an exported file that arrives, from the store too. */
export type OnBytes = (bytes: number) => void;

export async function readIndex(base: string): Promise<IndexFile> {
  return (await (await fetched(new URL("model.json", base))).json()) as IndexFile;
}

/**
 * A reader of files beside `base`.
 *
 * An exported file's address carries its check sum, and ONNX Runtime's its version, so what is kept
 * under it is never stale.
 */
export function reader(
  base: string,
  index: IndexFile,
  runtime: string,
  onBytes: OnBytes,
): ReadFile {
  const open = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return (name) => {
    const known = open.get(name);
    if (known) return known;
    const address = new URL(name, base);
    const exported = Object.hasOwn(index.files, name); // else it is ONNX Runtime's own
    address.search = exported ? index.files[name].sha256.slice(0, 16) : runtime;
    const read = stored(address).then((answer) =>
      bytesOf(answer, exported ? onBytes : () => undefined),
    );
    open.set(name, read);
    const forget = (): boolean => open.delete(name);
    read.then(forget, forget); // who asked holds it; two at once share it
    return read;
  };
}

async function stored(address: URL): Promise<Response> {
  const store = await caches.open(STORE).catch(() => null); // private windows may refuse
  const kept = await store?.match(address);
  if (kept) return kept;
  const answer = await fetched(address);
  await store?.put(address, answer.clone()).catch(() => undefined); // a full disk is no fault
  return answer;
}

async function fetched(address: URL): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.pathname}: ${answer.status} ${answer.statusText}`);
  return answer;
}

async function bytesOf(answer: Response, onBytes: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of answer.body!) {
    pieces.push(piece);
    onBytes(piece.length);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
