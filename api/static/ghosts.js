// Ghost bars: where the moves of a proposal would put bookings, and where they would leave from.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { state } from "./state.js";

/** Return what a proposal changes, by room: `{arriving, leaving}` booking ids; null while none is shown. */
export function proposalByRoom(diff) {
  const byRoom = new Map();
  const at = (room) => {
    if (!byRoom.has(room)) byRoom.set(room, { arriving: [], leaving: [] });
    return byRoom.get(room);
  };
  for (const change of [...diff.placed, ...diff.moved, ...diff.released]) {
    if (change.to_room) at(change.to_room).arriving.push(change.booking_id);
    if (change.from_room) at(change.from_room).leaving.push(change.booking_id);
  }
  return byRoom;
}

/** Return the ghosts in a room's row. */
export function ghostsIn(chart, row, day) {
  const found = state.run?.proposal?.get(row.key);
  if (!found) return [];
  const leaving = found.leaving.map((id) => ghost(chart, id, day, "ghost-leaving"));
  const arriving = found.arriving.map((id) => ghost(chart, id, day, "ghost-arriving"));
  return [...leaving, ...arriving].filter(Boolean);
}

function ghost(chart, id, day, look) {
  const booking = chart.bookings.get(id);
  const choice = state.run.choices.get(id);
  if (!booking || choice === "reject") return null;
  const [start, end] = chart.period(booking);
  if (end <= chart.first || start >= chart.last) return null;
  const left = Math.max(start - chart.first, 0) * day;
  const width = Math.max(Math.min(end - chart.first, chart.length) * day - left - 2, 6);
  const made = el("div", { class: `ghost ${look}`, role: "presentation", title: t(`${look.replace("-", ".")}`, { guest: booking.guest_name }) });
  if (choice) made.classList.add("accepted");
  if (look === "ghost-arriving") made.append(icon(choice ? "check" : "run", 11), el("span", { class: "bar-name", "aria-hidden": "true" }, width > 34 ? booking.guest_name : ""));
  made.style.left = `${left + 1}px`;
  made.style.width = `${width}px`;
  return made;
}
