/** Small pieces of the page; whatever a text says, it stays text. */

import { say, type Key } from "./language";

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

export function labelled(key: Key, control: HTMLElement, className = ""): HTMLLabelElement {
  const label = element("label", { className });
  const words = element("span", { textContent: say(key) });
  label.append(...(className ? [control, words] : [words, control]));
  return label;
}

/** What is folded away until somebody wants it. */
export function folded(key: Key, ...children: HTMLElement[]): HTMLDetailsElement {
  const made = element("details");
  made.append(element("summary", { textContent: say(key) }), ...children);
  return made;
}

/** @param box - what holds the canvas, if it is not there alone. */
export function figure(
  key: Key,
  canvas: HTMLCanvasElement,
  className = "",
  box: HTMLElement = canvas,
): HTMLElement {
  const made = element("figure", { className });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", say(key));
  made.append(box, element("figcaption", { textContent: say(key) }));
  return made;
}

export function group(className: string, ...children: HTMLElement[]): HTMLDivElement {
  const made = element("div", { className });
  made.append(...children);
  return made;
}

/** A picture of red, green, blue and opacity, row by row; a square if no width is given. */
export function paint(
  canvas: HTMLCanvasElement,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width = Math.sqrt(pixels.length / 4),
): void {
  const image = new ImageData(pixels, width);
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
