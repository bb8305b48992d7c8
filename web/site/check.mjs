// node check.mjs SITE CHROMIUM: loads every page as a reader's browser does, with no way to other hosts.
// Prints what it saw as JSON; tests/test_site.py says what must hold.
import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [site, chromium] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const PREFIX = "/some/course/"; // project pages live under a path of their own
const PATIENCE = 300_000; // milliseconds: a busy machine is slow, not broken

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  try {
    if (!path.startsWith(PREFIX)) throw new Error("outside of the site");
    const body = await readFile(join(site, path.slice(PREFIX.length)));
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}${PREFIX}`;

const browser = await puppeteer.launch({
  executablePath: chromium,
  // No other host is found: what asks for one fails, in a worker too.
  args: ["--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  protocolTimeout: PATIENCE,
  timeout: PATIENCE,
});

/** A tab that notes whatever goes wrong in it. */
async function openTab(address) {
  const tab = await browser.newPage();
  const wrong = [];
  tab.setDefaultTimeout(PATIENCE);
  tab.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  tab.on("console", (line) => {
    // The Playground asks for a graphics card, and this browser notes that it has none.
    const none = line.text() === "No available adapters.";
    if (["error", "warn"].includes(line.type()) && !none) wrong.push(`console: ${line.text()}`);
  });
  tab.on("requestfailed", (request) => wrong.push(`failed: ${request.url()}`));
  tab.on("request", (request) => {
    const inside = request.url().startsWith(base) || /^(data|file|blob):/.test(request.url());
    if (!inside) wrong.push(`outside: ${request.url()}`);
  });
  await tab.setViewport({ width: 1200, height: 900 });
  await tab.goto(address, { waitUntil: "load" });
  if (address.includes("/playground/")) await tab.waitForSelector("#playground form");
  return { tab, wrong };
}

/** What axe-core calls serious or critical; the glyphs of formulas, which are hidden from readers' aids, have the colour of the text. */
const faults = (tab, rules) =>
  tab.evaluate(async (only) => {
    const options = { resultTypes: ["violations"], ...(only && { runOnly: only }) };
    const { violations } = await window.axe.run({ exclude: [[".katex-html"]] }, options);
    return violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
  }, rules);

/** How many explorers a page has, all of them brought to life as by a reader who came so far. */
async function enliven(tab) {
  const stills = await tab.$$("figure > img:has(+ template)");
  for (const still of stills) {
    await still.evaluate((picture) => picture.scrollIntoView());
    await tab.waitForFunction((picture) => picture.nextElementSibling.matches(".player"), {}, still);
  }
  await tab.waitForFunction(() => [...document.querySelectorAll(".player img")].every(({ complete }) => complete));
  await tab.evaluate(() => scrollTo(0, 0));
  const broken = await tab.$$eval(".player img", (all) => all.filter((one) => !one.naturalWidth).map(({ src }) => src));
  return { count: stills.length, broken };
}

/** An explorer from the keyboard, by its button, and on paper. */
async function explorer(address) {
  const { tab, wrong } = await openTab(address);
  await enliven(tab);
  const shown = () =>
    tab.evaluate(() => {
      const slider = document.querySelector(".player input");
      const pages = [...document.querySelectorAll(".player:first-of-type > div:not(.controls)")];
      const seen = pages.filter((page) => page.checkVisibility());
      return { value: slider.value, said: slider.getAttribute("aria-valuetext"), texts: seen.map((page) => page.querySelector(".above").textContent) };
    });
  const still = () => tab.$eval("img:has(+ .player)", (picture) => picture.checkVisibility());
  const steps = [await shown()];
  await tab.focus(".player input");
  await tab.keyboard.press("End");
  steps.push(await shown());
  await tab.keyboard.press("ArrowLeft");
  steps.push(await shown());
  await tab.focus(".player button");
  await tab.keyboard.press("Enter"); // plays the last step, and rests there
  await tab.waitForFunction(() => document.querySelector(".player input").value === document.querySelector(".player input").max);
  steps.push(await shown());
  const label = await tab.$eval(".player button", (button) => button.textContent);
  const hidden = await still();
  await tab.emulateMediaType("print");
  const printed = [await still(), await tab.$eval(".player", (player) => player.checkVisibility())];
  await tab.close();
  return { steps, label, hidden, printed, wrong };
}

/** What a reader without scripts sees of an explorer: the still picture, and nothing that waits for a script. */
async function unscripted(name) {
  const tab = await browser.newPage();
  tab.setDefaultTimeout(PATIENCE);
  await tab.setJavaScriptEnabled(false);
  await tab.goto(base + name, { waitUntil: "load" });
  const found = await tab.$$eval("img:has(+ template)", (all) => all.map((picture) => picture.checkVisibility()));
  await tab.close();
  return found;
}

async function examine(name) {
  const { tab, wrong } = await openTab(base + name);
  const explorers = await enliven(tab);
  const fonts = await tab.evaluate(async () => {
    await document.fonts.ready;
    const names = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
    return names.filter((name) => name.endsWith(".woff2"));
  });
  await tab.evaluate(axe);
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  const light = await faults(tab);
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const dark = await faults(tab, ["color-contrast"]);
  await tab.setViewport({ width: 390, height: 844 });
  const width = await tab.evaluate(() => document.documentElement.scrollWidth);
  await tab.close();
  return { wrong, explorers, light, dark, width, fonts: fonts.map((path) => path.slice(PREFIX.length)) };
}

/** Headings that the search of a page finds for some words. */
async function search(address, words) {
  const { tab, wrong } = await openTab(address);
  await tab.keyboard.press("/");
  await tab.waitForFunction(() => window.courseIndex);
  await tab.keyboard.type(words);
  await tab.waitForSelector("#search li");
  const found = await tab.$$eval("#search li a", (links) => links.map((link) => [link.textContent, link.href]));
  await tab.close();
  return { found, wrong };
}

/** The theme before a click on its switch, after it, and on the next page. */
async function themes() {
  const { tab, wrong } = await openTab(`${base}index.html`);
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  const paper = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const seen = [await paper()];
  await tab.click("#theme");
  seen.push(await paper());
  await tab.goto(`${base}ja/index.html`, { waitUntil: "load" });
  seen.push(await paper());
  await tab.evaluate(() => localStorage.clear());
  await tab.close();
  return { seen, wrong };
}

/** Where the switch of languages leads from the middle of a page. */
async function twin(page, place) {
  const { tab, wrong } = await openTab(`${base}${page}#${place}`);
  const arrived = (name) => Math.abs(document.getElementById(name).getBoundingClientRect().top) < 150;
  await tab.waitForFunction(arrived, {}, place);
  await Promise.all([tab.waitForNavigation({ waitUntil: "load" }), tab.click("#twin")]);
  const address = tab.url().slice(base.length);
  await tab.close();
  return { address, wrong };
}

/** The contents on a phone: hidden, opened by their button, closed again by Escape. */
async function menu() {
  const { tab, wrong } = await openTab(`${base}index.html`);
  await tab.setViewport({ width: 390, height: 844 });
  const shown = () => tab.$eval("#contents", (nav) => nav.checkVisibility());
  const seen = [await shown()];
  await tab.click(".menu");
  seen.push(await shown());
  await tab.keyboard.press("Escape");
  seen.push(await shown());
  await tab.close();
  return { seen, wrong };
}

/** Two runs that differ in their seed, the second one's link, and the same in the other language. */
async function playground() {
  const { tab, wrong } = await openTab(`${base}playground/index.html`);
  tab.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  const controls = () =>
    tab.$$eval("#playground :is(textarea, select, input)", (all) => all.slice(0, 7).map(({ value }) => value));
  const draw = async (seed) => {
    await tab.$eval("#playground [inputmode=numeric]", (field, value) => (field.value = value), seed);
    await tab.click("#playground [type=submit]");
    const ended = await tab.waitForFunction((number) => {
      const text = document.querySelector("#playground [role=status]").textContent;
      const drawn = new URLSearchParams(location.hash.slice(1)).get("seed") === number;
      return drawn && /^(Done|This)/.test(text) && text;
    }, {}, seed);
    const picture = await tab.$eval("#playground .large canvas", (canvas) => canvas.toDataURL());
    return { status: await ended.jsonValue(), picture };
  };
  const first = await controls();
  await tab.select("#playground select", "tiny-turbo");
  await tab.$eval("#playground textarea", (field) => (field.value = "<script>alert(1)</script> a lake"));
  const runs = [await draw("1"), await draw("2"), await draw("1")];
  const link = tab.url();
  const scripts = await tab.$$eval("#playground script", (found) => found.length);
  await Promise.all([tab.waitForNavigation({ waitUntil: "load" }), tab.click("#twin")]);
  await tab.waitForSelector("#playground form");
  const twin = { address: tab.url().slice(base.length), controls: await controls() };
  await tab.close();
  const opened = await openTab(link);
  const again = await opened.tab.$eval("#playground textarea", ({ value }) => value);
  await opened.tab.close();
  return { first, runs, scripts, again, link, twin, wrong: [...wrong, ...opened.wrong] };
}

const names = (await readdir(site, { recursive: true })).filter((name) => name.endsWith(".html")).sort();
const pages = {};
for (const name of names) pages[name] = await examine(name);
const file = pathToFileURL(resolve(site, "index.html")).href;
const report = {
  pages,
  english: await search(`${base}index.html`, "guidance scale"),
  japanese: await search(`${base}ja/index.html`, "在表"),
  nothing: await search(`${base}index.html`, "<b>xyzzy"),
  fromFile: await search(file, "guidance"),
  themes: await themes(),
  explorer: await explorer(`${base}00_start_here.html`),
  explorerFromFile: await explorer(pathToFileURL(resolve(site, "ja/00_start_here.html")).href),
  unscripted: await unscripted("00_start_here.html"),
  twin: await twin("00_start_here.html", "start-22"),
  menu: await menu(),
  playground: names.includes("playground/index.html") ? await playground() : null,
};
await browser.close();
server.close();
process.stdout.write(JSON.stringify(report));
