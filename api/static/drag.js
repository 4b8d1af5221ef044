// Dragging bars with a mouse or a pen. On a touch screen a tap opens the booking, whose panel moves it without dragging.

import { hover, pickUp, putDown, unmovable } from "./carry.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { state } from "./state.js";
import { toast } from "./toast.js";

const THRESHOLD = 5;
const EDGE = 48; // near the edge of the grid it scrolls
const STEP = 14;

/** Let bars of a grid be dragged; `opened(booking)` is called for a click instead. */
export function installDrag(grid) {
  let held = null;

  grid.host.addEventListener("pointerdown", (event) => {
    const element = event.target.closest(".bar[data-booking]");
    if (!element || event.button !== 0 || event.pointerType === "touch" || element.classList.contains("hold")) return;
    const booking = state.chart.bookings.get(element.dataset.booking);
    held = { booking, x: event.clientX, y: event.clientY, element, dragging: false, width: element.offsetWidth };
  });

  addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.dragging) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < THRESHOLD) return;
      const why = unmovable(held.booking);
      if (why) {
        toast(why);
        held = null;
        return;
      }
      // The chart may have been read again since the button went down.
      held.booking = state.chart.bookings.get(held.booking.booking_id);
      if (!held.booking) {
        held = null;
        return;
      }
      begin();
    }
    held.at = event;
    follow();
  });

  addEventListener("pointerup", () => end(true));
  addEventListener("pointercancel", () => end(false));
  addEventListener("keydown", (event) => event.key === "Escape" && held?.dragging && end(false));
  grid.host.addEventListener("dragstart", (event) => event.preventDefault());
  // The click that ends a drag opens nothing.
  grid.host.addEventListener("click", (event) => grid.justDropped && event.stopImmediatePropagation(), true);

  function begin() {
    held.dragging = true;
    pickUp(held.booking);
    held.image = el("div", { class: `bar drag-image ${held.booking.shown}`, "aria-hidden": "true" }, icon(held.booking.shown, 12), el("span", { class: "bar-name" }, held.booking.guest_name));
    held.image.style.width = `${held.width}px`;
    held.note = el("div", { class: "drag-note", "aria-hidden": "true" });
    document.body.append(held.image, held.note);
    document.body.classList.add("dragging");
    held.timer = setInterval(scroll, 16);
  }

  function follow() {
    const { at, image, note } = held;
    const row = grid.rowAt(at.clientY);
    const number = row?.kind === "room" ? row.key : null;
    hover(number);
    image.style.transform = `translate(${at.clientX - 20}px, ${at.clientY - 12}px)`;
    const judged = number && state.carried.judged.get(number);
    note.hidden = !judged;
    if (!judged) return;
    note.className = `drag-note note-${judged.verdict}`;
    note.textContent = `${number}: ${judged.reason}`;
    note.style.transform = `translate(${Math.min(at.clientX + 12, innerWidth - note.offsetWidth - 8)}px, ${at.clientY + 18}px)`;
  }

  function scroll() {
    if (!held?.at) return;
    const box = grid.host.getBoundingClientRect();
    const top = box.top + grid.head.offsetHeight;
    const { clientY } = held.at;
    const by = clientY < top + EDGE ? -STEP : clientY > box.bottom - EDGE ? STEP : 0;
    if (!by) return;
    grid.host.scrollTop += by;
    follow();
  }

  function end(drop) {
    if (!held) return;
    const { dragging, image, note, timer } = held;
    held = null;
    if (!dragging) return;
    clearInterval(timer);
    image.remove();
    note.remove();
    document.body.classList.remove("dragging");
    grid.justDropped = true;
    setTimeout(() => {
      grid.justDropped = false;
    });
    putDown(drop);
  }
}
