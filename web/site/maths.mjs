// Sets formulas as HTML and MathML: a JSON list of [TeX, displayed] comes in, a JSON list of HTML goes out.
import { readFileSync } from "node:fs";
import katex from "katex";

const formulas = JSON.parse(readFileSync(0, "utf8"));
const set = ([tex, displayMode]) => katex.renderToString(tex, { displayMode, strict: "ignore" });
process.stdout.write(JSON.stringify(formulas.map(set)));
