// Entry of every page: keys, menus, copying. What only some pages have is loaded where it is found.
import { watchKeys } from "./keys.js";

function closeMenusOutside(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.dataset.copy || button.closest("[data-copy-from]")?.querySelector("pre, code")?.textContent;
  const word = button.querySelector("[data-copy-word]");
  const before = word.textContent;
  try {
    await navigator.clipboard.writeText(source);
    say(word.dataset.done || button.closest("[data-copied]")?.dataset.copied || "Copied");
    word.textContent = "✓";
  } catch {
    word.textContent = "✗";
  }
  setTimeout(() => { word.textContent = before; }, 1600);
}

export function say(text) {
  document.getElementById("status").textContent = text;
}

document.addEventListener("click", closeMenusOutside);
document.addEventListener("click", copy);
document.addEventListener("focusin", async (event) => {
  const box = event.target.closest?.("input[data-suggest]:not([role])");
  if (box?.dataset.suggest) (await import("./combobox.js")).suggestFor(box);
});
watchKeys();
document.querySelector("[data-focus]")?.focus();
if (document.querySelector("[data-bars]")) (await import("./bars.js")).walkBars();
