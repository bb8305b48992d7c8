/**
 * The course's tokenizer: CLIP's byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909, over
 * bytes as in GPT-2) with a vocabulary of its own.
 */

import type { TokenizerData } from "./index-file";

/** CLIP's words: a contraction's end, letters, one digit, or marks. */
const WORDS =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** GPT-2's words, at which each of those is cut once more. */
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}+|[^\p{White_Space}\p{L}\p{N}]+/gu;

const END_OF_WORD = "</w>";

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}]/u;
const VISIBLE = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export interface Tokens {
  /** As many numbers as the model has places. */
  numbers: Int32Array;
  /** How many the text had, its start and end among them; what is above the places was cut off. */
  count: number;
}

/** A word of a prompt, or a piece of one, with the places of its tokens among the model's. */
export interface Word {
  text: string;
  places: number[];
}

export class Tokenizer {
  private readonly numbers: Map<string, number>;
  private readonly ranks: Map<string, number>;
  private readonly special: RegExp;

  constructor(private readonly data: TokenizerData) {
    this.numbers = new Map(data.vocabulary.map((token, number) => [token, number]));
    this.ranks = new Map(data.merges.map((pair, rank) => [pair.join(" "), rank]));
    const names = Object.keys(data.special).map((name) =>
      name.replace(/[|\\{}()[\]^$+*?.]/g, "\\$&"),
    );
    this.special = new RegExp(`(${names.join("|")})`);
  }

  encode(text: string): Tokens {
    const { start, end, padding, length } = this.data;
    const all = text.split(this.special).flatMap((part) => this.plain(part));
    const numbers = new Int32Array(length).fill(padding);
    numbers.set([start, ...all.slice(0, length - 2), end]);
    return { numbers, count: all.length + 2 };
  }

  /**
   * The words of a prompt that the model reads, but for one that its last place cuts through, and
   * for marks that cannot be seen. Letters that are written without spaces between words, as
   * Japanese is, are cut where tokens are.
   */
  words(text: string): Word[] {
    const { numbers, count } = this.encode(text);
    const words: Word[] = [];
    let bytes: number[] = [];
    let places: number[] = [];
    for (let place = 1; place < Math.min(count, this.data.length) - 1; place++) {
      const token = this.data.vocabulary[numbers[place]];
      if (Object.hasOwn(this.data.special, token)) {
        words.push({ text: token, places: [place] });
        continue;
      }
      const ends = token.endsWith(END_OF_WORD);
      const letters = ends ? token.slice(0, -END_OF_WORD.length) : token;
      bytes.push(...Array.from(letters, (letter) => BYTE_OF_LETTER.get(letter)!));
      places.push(place);
      const text = DECODER.decode(Uint8Array.from(bytes));
      if (ends || (UNSPACED.test(text) && !text.includes("\ufffd"))) {
        if (VISIBLE.test(text)) words.push({ text, places });
        [bytes, places] = [[], []];
      }
    }
    return words;
  }

  private plain(part: string): number[] {
    if (Object.hasOwn(this.data.special, part)) return [this.data.special[part]];
    const words = normalized(part).match(WORDS) ?? [];
    const pieces = words.flatMap((word) => word.match(PIECES) ?? []);
    return pieces.flatMap((piece) => this.merged(piece)).map((token) => this.numbers.get(token)!);
  }

  /** The tokens of one word: its bytes, joined pair by pair, the earliest learned pair first. */
  private merged(word: string): string[] {
    const parts = [...new TextEncoder().encode(word)].map((byte) => LETTER_OF_BYTE[byte]);
    parts[parts.length - 1] += END_OF_WORD;
    for (;;) {
      let [best, at] = [Infinity, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return parts;
      parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
  }
}

/** One way to write each letter, single spaces, small letters (each for itself: Σ is always σ). */
function normalized(text: string): string {
  const spaced = text.normalize("NFC").replace(/\p{White_Space}+/gu, " ");
  return Array.from(spaced, (letter) => letter.toLowerCase()).join("");
}

/** GPT-2's visible letter for each byte: printable ones stand for themselves, others from U+0100. */
const LETTER_OF_BYTE: string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 0x100 + others++),
  );
})();

const BYTE_OF_LETTER = new Map(LETTER_OF_BYTE.map((letter, byte) => [letter, byte]));
