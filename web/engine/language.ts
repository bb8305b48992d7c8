/** What the page says, in the language of the page. */

const english = {
  prompt: "Prompt (English or Japanese)",
  negative: "Negative prompt: what to steer away from",
  seed: "Seed: where the noise comes from",
  steps: "Steps",
  guidance: "Guidance",
  scheduler: "Scheduler",
  model: "Model",
  typing: "Draw while I type",
  draw: "Draw",
  stop: "Stop",
  link: "Copy link",
  save: "Save PNG",
  noisy: "x_t: what goes into the step",
  guess: "x̂₀: the picture that the model sees in it",
  picture: "The finished picture",
  scrub: "Step",
  loading: "Fetching the model, once …",
  starting: "Getting ready …",
  drawing: "Step {index}, t = {t}",
  done: "Done: {steps} steps in {seconds} s.",
  stopped: "Stopped.",
  copied: "The link is copied: it holds all settings.",
  unknown: "The model never saw these words and cannot draw them: {words}.",
  cut: "The prompt has {count} tokens, the model reads {places}; the rest was cut off.",
  guided: "This few-step model has learned its guidance and wants 1; otherwise colours burn.",
  unheard: "At guidance 1 the negative prompt has no effect.",
  badSeed: "The seed must be a whole number from 0 to 2^63 - 1.",
  failed: "This did not work: {message}",
};

const japanese: typeof english = {
  prompt: "プロンプト(日本語または英語)",
  negative: "ネガティブプロンプト(避けたいもの)",
  seed: "シード(ノイズの元になる数)",
  steps: "ステップ数",
  guidance: "ガイダンス",
  scheduler: "スケジューラ",
  model: "モデル",
  typing: "入力しながら描く",
  draw: "描く",
  stop: "止める",
  link: "リンクをコピー",
  save: "PNG を保存",
  noisy: "x_t(このステップへの入力)",
  guess: "x̂₀(モデルがそこに見ている絵)",
  picture: "できあがった絵",
  scrub: "ステップ",
  loading: "モデルを読み込んでいます(初回のみ)…",
  starting: "準備しています…",
  drawing: "ステップ {index}、t = {t}",
  done: "完成しました。{steps} ステップに {seconds} 秒かかりました。",
  stopped: "止めました。",
  copied: "すべての設定を含むリンクをコピーしました。",
  unknown: "モデルが学んだことのない言葉なので、描けません: {words}",
  cut: "プロンプトは {count} トークンありますが、モデルが読むのは {places} トークンまでです。残りは切り捨てられました。",
  guided:
    "この少ステップモデルはガイダンスも学んでいるので、1 にしてください。それ以外では色が崩れます。",
  unheard: "ガイダンスが 1 のとき、ネガティブプロンプトは効きません。",
  badSeed: "シードは 0 から 2^63 - 1 までの整数にしてください。",
  failed: "うまくいきませんでした: {message}",
};

export type Key = keyof typeof english;

/** A sentence with its fields filled in. */
export function say(key: Key, fields: Record<string, string | number> = {}): string {
  const sentences = document.documentElement.lang.startsWith("ja") ? japanese : english;
  return sentences[key].replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name]));
}
