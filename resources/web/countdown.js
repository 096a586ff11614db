// Counts down how long a time is kept, by the server's clock. The page says until when without this, and nothing here is needed.
"use strict";
for (const place of document.querySelectorAll("[data-seconds]")) {
  const ends = performance.now() + 1000 * Number(place.dataset.seconds);
  const shown = place.querySelector("[data-left]");
  const told = place.querySelector("[data-told]");
  const announced = new Set();
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    const minutes = Math.floor(left / 60);
    shown.textContent = minutes + ":" + String(left % 60).padStart(2, "0");
    shown.hidden = false;
    // Read aloud twice and at the end: not every second.
    const due = left === 0 ? "over" : left <= 60 ? "one" : left <= 300 ? "five" : "";
    if (due && !announced.has(due)) {
      announced.add(due);
      told.textContent = place.dataset[due];
      place.classList.toggle("late", due !== "five");
    }
    if (left > 0) {
      setTimeout(tick, 250);
    } else {
      shown.hidden = true;
    }
  };
  tick();
}
