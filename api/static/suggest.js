// Rooms for a booking, best first: in the panel as buttons, in the row heads as labels.

import { ofBooking, read } from "./api.js";
import { openBooking } from "./booking.js";
import { button, el } from "./dom.js";
import { t } from "./messages.js";
import { moveBooking } from "./move.js";
import { openPanel, panelName } from "./panel.js";
import { said } from "./sentences.js";
import { state, tell } from "./state.js";
import { complain } from "./toast.js";

const SHOWN = 40;

/** Show the rooms that a booking could have. */
export async function openSuggestions(id, { again = false } = {}) {
  let found;
  try {
    found = await read(ofBooking(id, "suggest-rooms/?limit=500"));
  } catch (error) {
    complain(error);
    return;
  }
  const booking = state.chart.bookings.get(id) ?? (await read(ofBooking(id)));
  if (again && panelName() !== `suggest:${id}`) return;
  state.selected = id;
  state.suggested = { booking, rooms: new Map(found.rooms.map((room) => [room.room_number, room])) };
  tell("look");
  const rooms = found.rooms.filter((room) => room.room_number !== found.current_room_number);
  const parts = rooms.length
    ? [el("p", { class: "hint" }, t("suggest.hint")), el("ol", { class: "suggestions" }, rooms.slice(0, SHOWN).map((room) => candidate(booking, room)))]
    : [el("p", {}, t(found.current_room_number ? "suggest.no_other" : "suggest.none")), el("p", { class: "hint" }, t("suggest.instead"))];
  openPanel(`suggest:${id}`, t("suggest.title", { guest: booking.guest_name }), parts, { redraw: () => openSuggestions(id, { again: true }) });
}

function candidate(booking, room) {
  const costs = Object.entries(room.parts).filter(([, cost]) => cost);
  const take = async () => {
    if (await moveBooking(booking, room.room_number)) openBooking(booking.booking_id);
  };
  return el(
    "li",
    {},
    el("div", { class: "candidate" }, el("strong", {}, room.room_number), el("span", { class: `fit fit-${room.fit}` }, t(`fit.${room.fit}`)), el("span", { class: "muted" }, `${room.room_type} · ${t("floor", { floor: room.floor })}`)),
    el("div", { class: "muted small" }, costs.length ? costs.map(([term, cost]) => `${t(`term.${term}`)} ${cost > 0 ? "+" : ""}${cost}`).join(" · ") : t("suggest.free_of_cost")),
    room.warnings.length ? el("div", { class: "small warn" }, room.warnings.map(said).join("; ")) : null,
    button(t("suggest.take", { room: room.room_number }), take),
  );
}
