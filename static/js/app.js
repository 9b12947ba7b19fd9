// Entry of every page: keys, menus, copying. What only some pages have is loaded where it is found.

function closeMenusOutside(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || button.closest("[data-copy-from]").querySelector("pre").textContent;
  const state = await navigator.clipboard.writeText(text).then(() => "done", () => "failed");
  button.dataset.state = state;
  document.getElementById("status").textContent = button.dataset[state];
  setTimeout(() => delete button.dataset.state, 1600);
}

// Single-key shortcuts: never the only way, silent while typing, and switched off by a cookie of the reader.
const isOn = () => document.documentElement.dataset.shortcuts !== "off";
const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
let waitsForPlace = 0;

function visible(selector) {
  return [...document.querySelectorAll(selector)].filter((element) => element.offsetParent !== null);
}

function step(selector, by) {
  const all = visible(selector);
  if (!all.length) return;
  const at = all.findIndex((element) => element === document.activeElement || element.ariaCurrent);
  return all[Math.min(Math.max(at + by, 0), all.length - 1)];
}

function goTo(key) {
  if (key === "h") { location.assign("/"); return; }
  document.querySelector(`a[data-key="${CSS.escape(key)}"]`)?.click();
}

const acts = {
  "/": () => {
    const [box] = visible("input[data-shortcut=search]");
    box?.focus();
    box?.select();
  },
  "?": () => {
    const help = document.querySelector("a[data-help]");
    if (help) location.assign(`${help.href}#keys`);
  },
  g: () => { waitsForPlace = Date.now(); },
  j: () => step("a[data-item]", 1)?.focus(),
  k: () => step("a[data-item]", -1)?.focus(),
  o: () => document.activeElement.matches("a[data-item]") && document.activeElement.click(),
  "]": () => step(".tabs a", 1)?.click(),
  "[": () => step(".tabs a", -1)?.click(),
};

function closeInnermost(target) {
  const menu = target.closest?.("details[data-menu][open]") || document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
}

function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeInnermost(event.target);
    if (!isOn() || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (Date.now() - waitsForPlace < 1500) {
      waitsForPlace = 0;
      goTo(event.key);
    } else if (Object.hasOwn(acts, event.key)) {
      event.preventDefault();
      acts[event.key]();
    }
  });
}

document.addEventListener("click", closeMenusOutside);
document.addEventListener("click", copy);
document.addEventListener("focusin", async (event) => {
  const box = event.target.closest?.("input[data-suggest]:not([role])");
  if (!box?.dataset.suggest) return;
  const before = box.value;
  (await import("./combobox.js")).suggestFor(box, before);
});
watchKeys();
document.querySelector("[data-focus]")?.focus();

// A form that takes long says that it works; its button stays, for the answer is a new page.
document.addEventListener("submit", (event) => {
  const text = event.target.dataset.busy;
  if (!text) return;
  event.submitter?.setAttribute("aria-busy", "true");
  if (event.submitter) event.submitter.textContent = text;
  document.getElementById("status").textContent = text;
});

if (document.querySelector("[data-bars]")) (await import("./bars.js")).walkBars();
