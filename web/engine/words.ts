/** Words of a prompt that the model has never seen, as `helpers.landscapes.unknown_words`. */

/** Letters, digits, or one mark. */
const RUNS = /[\p{L}\p{Nl}\p{No}]+|\p{Nd}+|[^\p{L}\p{N}_\p{White_Space}]/gu;
const ASCII = /^[\x00-\x7f]*$/;
const LETTERS = /^\p{L}+$/u;

/** In order, each once; numbers do not count. */
export function unknownWords(text: string, vocabulary: ReadonlySet<string>): string[] {
  const longest = Math.max(1, ...Array.from(vocabulary, (word) => [...word].length));
  const runs = text.toLowerCase().match(RUNS) ?? [];
  const words = runs.flatMap((run) =>
    ASCII.test(run) || !LETTERS.test(run) ? [run] : split([...run], vocabulary, longest),
  );
  return [...new Set(words)].filter((word) => LETTERS.test(word) && !vocabulary.has(word));
}

/** Longest known word from the left; letters that start none are kept together as one. */
function split(run: string[], vocabulary: ReadonlySet<string>, longest: number): string[] {
  const words: string[] = [];
  let unknown = "";
  const close = (): void => {
    if (unknown) words.push(unknown);
    unknown = "";
  };
  for (let start = 0; start < run.length;) {
    let end = Math.min(run.length, start + longest);
    while (end > start && !vocabulary.has(run.slice(start, end).join(""))) end--;
    if (end === start) {
      unknown += run[start++];
      continue;
    }
    close();
    words.push(run.slice(start, end).join(""));
    start = end;
  }
  close();
  return words;
}
