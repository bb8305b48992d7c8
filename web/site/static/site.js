// What a page does beyond lying there: theme, search, copying, and the same place in the other language.
// One classic script without modules or fetch, so that it also runs from file://.
"use strict";

const page = document.documentElement;
const find = (selector) => document.querySelector(selector);

// Theme: the system's until the reader chooses; then the choice is remembered where that is allowed.
const theme = find("#theme");
const night = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (page.dataset.theme ? page.dataset.theme === "dark" : night.matches);
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));

theme.addEventListener("click", () => {
  page.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("course-theme", page.dataset.theme);
  } catch {
    // A browser that remembers nothing still shows the choice on this page.
  }
  showTheme();
});
night.addEventListener("change", showTheme);
showTheme();

// The other language opens at the place that is being read (anchors are the same in both), the Playground with the
// same settings, which its address holds.
find("#twin").addEventListener("click", (event) => {
  const passed = [...document.querySelectorAll("article section[id]")].filter(
    (section) => section.getBoundingClientRect().top < innerHeight / 3,
  );
  const link = event.currentTarget;
  if (find("#playground")) link.hash = location.hash;
  else if (passed.length && scrollY > 0 && link.hasAttribute("data-same")) link.hash = passed.at(-1).id;
});

// Each cell's code can be copied. Without the permission to write the clipboard there is no button.
if (navigator.clipboard) {
  for (const source of document.querySelectorAll(".source")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.textContent = document.body.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.querySelector("pre").textContent);
      button.textContent = document.body.dataset.copied;
      setTimeout(() => (button.textContent = document.body.dataset.copy), 2000);
    });
    source.append(button);
  }
}

// Explorers: a slider over pages that were drawn when the site was built, set up shortly before they are seen.
const PACE = 300; // milliseconds a page, as in the notebooks
const near = new IntersectionObserver(
  (met) => {
    for (const { isIntersecting, target } of met) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enliven(target);
    }
  },
  { rootMargin: "100%" },
);
for (const pages of document.querySelectorAll("template.pages")) near.observe(pages.previousElementSibling);

/** Puts a player in the place of a still picture, whose words say what it is about. */
function enliven(still) {
  const { content, dataset } = still.nextElementSibling;
  const player = document.createElement("div");
  const button = document.createElement("button");
  const slider = document.createElement("input");
  const bar = document.createElement("div");
  const pages = [...content.cloneNode(true).children];
  player.className = "player";
  player.role = "group";
  player.ariaLabel = still.alt;
  bar.className = "controls";
  bar.append(button, slider);
  player.append(bar, ...pages);
  Object.assign(slider, { type: "range", min: 0, max: pages.length - 1, value: dataset.start, ariaLabel: dataset.leaf });
  let clock = 0;

  function show() {
    pages.forEach((leaf, number) => (leaf.hidden = number !== slider.valueAsNumber));
    slider.setAttribute("aria-valuetext", pages[slider.valueAsNumber].querySelector(".above").textContent);
  }
  function rest() {
    clearInterval(clock);
    clock = 0;
    button.textContent = dataset.play;
  }
  function turn() {
    slider.stepUp();
    show();
    if (slider.value === slider.max) rest();
  }
  button.addEventListener("click", () => {
    if (clock) return rest();
    if (slider.value === slider.max) slider.value = 0;
    show();
    clock = setInterval(turn, PACE);
    button.textContent = dataset.stop;
  });
  slider.addEventListener("input", () => {
    rest();
    show();
  });
  rest();
  show();
  still.after(player);
}

// Paper cannot be unfolded.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const folded of document.querySelectorAll("details[data-printed]")) {
    folded.open = false;
    delete folded.dataset.printed;
  }
});

// The contents over the text (on a phone) close when a section of this page was chosen.
find("#contents").addEventListener("click", (event) => {
  const menu = event.currentTarget;
  if (event.target.closest("a[href^='#']") && menu.matches(":popover-open")) menu.hidePopover();
});

// Search: every word must occur in a section, anywhere in a word, so that Japanese is found too.
const search = find("#search");
const field = search.querySelector("input");
const results = search.querySelector("ol");
const MOST = 40;
const plain = (text) => text.normalize("NFKC").toLowerCase();
let sections = null;

function load() {
  if (sections) return;
  sections = [];
  const script = document.createElement("script");
  script.src = document.body.dataset.search;
  script.addEventListener("load", () => {
    sections = window.courseIndex.map(([place, page, title, words]) => ({
      place,
      page,
      title,
      words,
      heading: plain(`${page} ${title}`),
      all: plain(`${page} ${title} ${words}`),
    }));
    show();
  });
  document.head.append(script);
}

function open() {
  load();
  search.showModal();
  field.select();
}

/** Sections with all the words; those that have them in their heading first. */
function found(words) {
  const hits = sections.filter((section) => words.every((word) => section.all.includes(word)));
  const inHeading = (section) => words.filter((word) => section.heading.includes(word)).length;
  return hits.sort((a, b) => inHeading(b) - inHeading(a)).slice(0, MOST);
}

/** Text around the first of the words, in which all of them are marked. */
function excerpt(text, words) {
  const folded = plain(text);
  // Where folding changes the length of a text, places no longer agree: it is shown from its start.
  const same = folded.length === text.length;
  const first = same ? Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at >= 0)) : 0;
  const start = Number.isFinite(first) ? Math.max(0, first - 50) : 0;
  const piece = text.slice(start, start + 170);
  const line = document.createElement("span");
  let at = 0;
  while (same && at < piece.length) {
    const rest = plain(piece).slice(at);
    const next = words
      .map((word) => ({ word, place: rest.indexOf(word) }))
      .filter((hit) => hit.place >= 0)
      .sort((a, b) => a.place - b.place)[0];
    if (!next) break;
    const mark = document.createElement("mark");
    mark.textContent = piece.slice(at + next.place, at + next.place + next.word.length);
    line.append(piece.slice(at, at + next.place), mark);
    at += next.place + next.word.length;
  }
  line.prepend(start ? "… " : "");
  line.append(piece.slice(at), start + 170 < text.length ? " …" : "");
  return line;
}

function show() {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  const hits = words.length ? found(words) : [];
  results.replaceChildren(
    ...hits.map((section) => {
      const link = document.createElement("a");
      link.href = document.body.dataset.root + section.place;
      const title = document.createElement("b");
      title.textContent = `${section.page} › ${section.title}`;
      link.append(title, excerpt(section.words, words));
      link.addEventListener("click", () => search.close());
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  if (words.length && !hits.length && sections.length) {
    const item = document.createElement("li");
    const none = document.createElement("p");
    none.textContent = `${results.dataset.nothing} ${field.value}`;
    item.append(none);
    results.append(item);
  }
}

find("#find").addEventListener("click", open);
field.addEventListener("input", show);
addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, textarea, [contenteditable]");
  if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    open();
  }
});
search.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [field, ...results.querySelectorAll("a")];
  const at = stops.indexOf(document.activeElement);
  if (step && stops[at + step]) {
    event.preventDefault();
    stops[at + step].focus();
  } else if (event.key === "Enter" && document.activeElement === field) {
    event.preventDefault();
    results.querySelector("a")?.click();
  }
});
search.addEventListener("click", (event) => {
  if (event.target === search) search.close();
});
