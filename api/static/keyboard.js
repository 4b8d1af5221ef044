// The grid without a mouse: arrows go from bar to bar and day to day, Alt with arrows carries a bar to another room.

import { hover, pickUp, putDown, unmovable } from "./carry.js";
import { t } from "./messages.js";
import { state } from "./state.js";
import { announce, toast } from "./toast.js";

/** Listen to the keys of a grid; `open(stop, row)` is called for Enter. */
export function installKeyboard(grid, open) {
  grid.host.addEventListener("keydown", (event) => {
    if (!state.cursor || event.ctrlKey && !["Home", "End"].includes(event.key) || event.metaKey) return;
    const loose = event.target.closest(".loose");
    if (!loose && !event.target.closest(".body")) return;
    const handled = state.carried ? carry(grid, event) : loose ? liftLoose(grid, loose, event) : move(grid, event, open);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

function move(grid, event, open) {
  const row = grid.rowOf.get(state.cursor.key);
  const stops = grid.stops(row);
  const stop = grid.stopAt();
  const at = stops.indexOf(stop);
  const page = Math.max(1, Math.floor((grid.host.clientHeight - grid.head.offsetHeight) / 32) - 1);
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) return lift(grid, stop, event);
  switch (event.key) {
    case "ArrowRight":
      return step(grid, row, stops[Math.min(at + 1, stops.length - 1)]);
    case "ArrowLeft":
      return step(grid, row, stops[Math.max(at - 1, 0)]);
    case "ArrowDown":
      return toRow(grid, row.index + 1);
    case "ArrowUp":
      return toRow(grid, row.index - 1);
    case "PageDown":
      return toRow(grid, row.index + page);
    case "PageUp":
      return toRow(grid, row.index - page);
    case "Home":
      return event.ctrlKey ? toRow(grid, 0) : step(grid, row, stops[0]);
    case "End":
      return event.ctrlKey ? toRow(grid, grid.rows.length - 1) : step(grid, row, stops.at(-1));
    case "Enter":
    case " ":
      if (row.kind === "group") return false; // its own button
      open(stop, row);
      return true;
    default:
      return false;
  }
}

function step(grid, row, stop) {
  grid.moveTo(row.key, stop.col, stop);
  return true;
}

function toRow(grid, index) {
  const row = grid.rows[Math.max(0, Math.min(index, grid.rows.length - 1))];
  grid.moveTo(row.key, state.cursor.col);
  return true;
}

/** Pick up the bar at the cursor, and take it one room up or down. */
function lift(grid, stop, event) {
  if (!stop.bar?.booking || stop.bar.kind === "hold") return true;
  return pickedUp(stop.bar.booking) ? carry(grid, event) : true;
}

/** Pick up a booking that has no room, and take it to the first room that it could have. */
function liftLoose(grid, element, event) {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return false;
  if (!pickedUp(state.chart.bookings.get(element.dataset.booking))) return true;
  const rooms = grid.rows.filter((row) => row.kind === "room");
  const judged = (row) => state.carried.judged.get(row.key).verdict;
  return over(grid, ["good", "upgrade", "taken"].map((verdict) => rooms.find((row) => judged(row) === verdict)).find(Boolean) ?? rooms[0]);
}

function pickedUp(booking) {
  const why = unmovable(booking);
  if (why) {
    toast(why);
    announce(why);
    return false;
  }
  pickUp(booking);
  announce(t("carry.begun", { guest: booking.guest_name }));
  return true;
}

function over(grid, row) {
  if (!row) return true;
  grid.reveal(row);
  grid.window();
  hover(row.key, { say: true });
  return true;
}

function carry(grid, event) {
  const { carried } = state;
  const rooms = grid.rows.filter((row) => row.kind === "room");
  const at = rooms.findIndex((row) => row.key === carried.target);
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (by) return over(grid, rooms[Math.max(0, Math.min(at + by, rooms.length - 1))]);
  if (event.key === "Enter") {
    const { booking } = carried;
    putDown().then(() => grid.show(booking.booking_id));
    return true;
  }
  if (event.key === "Escape") {
    putDown(false);
    return true;
  }
  return event.key !== "Tab";
}
