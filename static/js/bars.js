// A strip of days: one tab stop, arrow keys move inside, and the reading line says the day in words.
function read(strip, bar) {
  const line = strip.parentElement.querySelector("[data-bars-reading]");
  if (line && bar) line.textContent = bar.ariaLabel;
}

function move(strip, event) {
  const bars = [...strip.children];
  const at = bars.indexOf(document.activeElement);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
  if (to === undefined || !bars[to]) return;
  event.preventDefault();
  bars[at]?.setAttribute("tabindex", "-1");
  bars[to].setAttribute("tabindex", "0");
  bars[to].focus();
}

export function walkBars() {
  for (const strip of document.querySelectorAll("[data-bars]")) {
    strip.addEventListener("keydown", (event) => move(strip, event));
    strip.addEventListener("focusin", (event) => read(strip, event.target.closest("[role=img]")));
    strip.addEventListener("pointerover", (event) => read(strip, event.target.closest("[role=img]")));
    strip.dataset.bars = "ready";
  }
}
