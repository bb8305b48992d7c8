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
  recorded: "A recorded run to look at: a trajectory.safetensors; it stays on this computer",
  which: "Picture of the run",
  replayed: "Recorded: {prompt} · step {index} of {steps}, t = {t}",
  noTensors: "This is no safetensors file, or one that was cut off.",
  noRun: "This safetensors file holds no recorded run. Trajectory.save of the helpers writes one.",
  otherVersion:
    "This run was recorded in another version of the format ({found}). Record it again.",
  noSettings: "The settings of this run cannot be read. Record it again.",
  misfit: "The parts of this run do not fit together: {part}. Record it again.",
  badNumbers: "This run has numbers that cannot be: {part}. Record it again.",
  tooLarge:
    "This run is too large for a page: at most {pixels} pixels a side and {channels} channels.",
  file: "A browser lets no page read a model from files. Open the site from a server: make site-serve",
};

const japanese: typeof english = {
  prompt: "プロンプト（日本語か英語）",
  negative: "ネガティブプロンプト（避けたいもの）",
  seed: "シード（ノイズの元になる数）",
  steps: "ステップ数",
  guidance: "ガイダンス",
  scheduler: "スケジューラ",
  model: "モデル",
  typing: "入力しながら描く",
  draw: "描く",
  stop: "止める",
  link: "リンクをコピー",
  save: "PNGで保存",
  noisy: "x_t：このステップに入るもの",
  guess: "x̂₀：モデルがそこに見ている画像",
  picture: "できあがった画像",
  scrub: "ステップ",
  loading: "モデルを読み込んでいます（初回だけ）……",
  drawing: "ステップ {index}、t = {t}",
  done: "できました。{steps} ステップに {seconds} 秒かかりました。",
  stopped: "止めました。",
  copied: "すべての設定を含むリンクをコピーしました。",
  unknown: "モデルが見たことのない単語なので、描けません：{words}",
  cut: "プロンプトは {count} トークンです。モデルが読むのは {places} トークンまでなので、残りは切り捨てられました。",
  guided:
    "数ステップで描くこのモデルは、ガイダンスの効果まで学んでいます。1 のまま使ってください。ほかの値では色が崩れます。",
  unheard: "ガイダンスが 1 のとき、ネガティブプロンプトは効きません。",
  badSeed: "シードは 0 から 2^63 - 1 までの整数にしてください。",
  failed: "うまくいきませんでした：{message}",
  recorded: "記録した実行を見る（trajectory.safetensors。このコンピュータの外へは送られません）",
  which: "何枚目の画像か",
  replayed: "記録：{prompt} · ステップ {index} / {steps}、t = {t}",
  noTensors: "safetensorsファイルではないか、途中で切れています。",
  noRun:
    "このsafetensorsファイルは、実行の記録ではありません。記録は、ヘルパーの Trajectory.save で保存します。",
  otherVersion: "別の版の形式（{found}）で記録されています。記録し直してください。",
  noSettings: "この記録の設定が読めません。記録し直してください。",
  misfit: "この記録は、部分どうしが合いません：{part}。記録し直してください。",
  badNumbers: "この記録には、ありえない数があります：{part}。記録し直してください。",
  tooLarge:
    "この記録は、ページで見るには大きすぎます。一辺 {pixels} ピクセル、{channels} チャンネルまでです。",
  file: "ファイルとして開いたページは、モデルを読み込めません。make site-serve でサーバーから開いてください。",
};

export type Key = keyof typeof english;

/** A sentence with its fields filled in. */
export function say(key: Key, fields: Record<string, string | number> = {}): string {
  const sentences = document.documentElement.lang.startsWith("ja") ? japanese : english;
  return sentences[key].replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name]));
}
