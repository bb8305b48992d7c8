/** A text inside a PNG: an iTXt chunk behind the header (PNG, Third Edition, section 11.3.3.4). */

const HEADER_END = 8 + 25;
const EMPTY = "\0\0\0\0\0"; // ends the key; not compressed, two numbers; no language, no translation

export function withText(png: Uint8Array, key: string, text: string): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(`iTXt${key}${EMPTY}${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  const all = new Uint8Array(png.length + chunk.length);
  all.set(png.subarray(0, HEADER_END));
  all.set(chunk, HEADER_END);
  all.set(png.subarray(HEADER_END), HEADER_END + chunk.length);
  return all;
}

/** The check sum of a chunk (annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
