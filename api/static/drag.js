// Dragging bars by mouse, pen or finger. A finger that moves at once scrolls the chart; one that rests first picks the
// bar up. A tap opens the booking, like a click.

import { hover, pickUp, putDown, unmovable } from "./carry.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { state } from "./state.js";
import { toast } from "./toast.js";

const THRESHOLD = 5;
const REST_MS = 350;
const EDGE = 48; // near the edge of the grid it scrolls
const STEP = 14;

/** Let bars of a grid be dragged; `opened(booking)` is called for a click instead. */
export function installDrag(grid) {
  let held = null;

  grid.host.addEventListener("pointerdown", (event) => {
    const element = event.target.closest(".bar[data-booking]");
    if (!element || event.button !== 0 || !event.isPrimary || element.classList.contains("hold")) return;
    const booking = state.chart.bookings.get(element.dataset.booking);
    const touch = event.pointerType === "touch";
    held = { booking, x: event.clientX, y: event.clientY, at: event, touch, dragging: false, width: element.offsetWidth };
    if (!touch) return;
    held.rest = setTimeout(() => begun() && follow(), REST_MS);
    // The touch belongs to what it began on, also when that is drawn anew and no longer in the page.
    event.target.addEventListener("touchmove", keep, { passive: false });
  });

  addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary) return;
    if (!held.dragging) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < THRESHOLD) return;
      if (held.touch) {
        drop();
        return;
      }
      if (!begun()) return;
    }
    held.at = event;
    follow();
  });
  // Once a bar is in hand, the finger moves it and not the chart; the long press opens no menu of the browser's.
  const keep = (event) => held?.dragging && event.preventDefault();
  grid.host.addEventListener("touchmove", keep, { passive: false });
  grid.host.addEventListener("contextmenu", (event) => held?.touch && event.preventDefault());

  addEventListener("pointerup", () => end(true));
  addEventListener("pointercancel", () => end(false));
  addEventListener("keydown", (event) => event.key === "Escape" && held?.dragging && end(false));
  grid.host.addEventListener("dragstart", (event) => event.preventDefault());
  // The click that ends a drag opens nothing.
  grid.host.addEventListener("click", (event) => grid.justDropped && event.stopImmediatePropagation(), true);

  /** Pick the bar up; false if that cannot be. */
  function begun() {
    // The chart may have been read again since the button went down.
    const booking = state.chart.bookings.get(held.booking.booking_id);
    const why = booking && unmovable(booking);
    if (why) toast(why);
    if (!booking || why) {
      drop();
      return false;
    }
    held.booking = booking;
    held.dragging = true;
    pickUp(booking);
    held.image = el("div", { class: `bar drag-image ${booking.shown}`, "aria-hidden": "true" }, icon(booking.shown, 12), el("span", { class: "bar-name" }, booking.guest_name));
    held.image.style.width = `${held.width}px`;
    held.note = el("div", { class: "drag-note", "aria-hidden": "true" });
    document.body.append(held.image, held.note);
    document.body.classList.add("dragging");
    held.timer = setInterval(scroll, 16);
    return true;
  }

  function drop() {
    clearTimeout(held?.rest);
    held = null;
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

  function end(here) {
    if (!held) return;
    const { dragging, image, note, timer } = held;
    drop();
    if (!dragging) return;
    clearInterval(timer);
    image.remove();
    note.remove();
    document.body.classList.remove("dragging");
    grid.justDropped = true;
    setTimeout(() => {
      grid.justDropped = false;
    });
    putDown(here);
  }
}
