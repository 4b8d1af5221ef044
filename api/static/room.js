// The panel of a room: what it is like, whether it is clean, who is in it, who comes next.

import { call, hotelPath } from "./api.js";
import { openBooking } from "./booking.js";
import { askClosure, openClosure } from "./closures.js";
import { datesOf } from "./bars.js";
import { dayAndTime } from "./dates.js";
import { button, el, facts } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { openNewBooking } from "./newbooking.js";
import { openPanel } from "./panel.js";
import { statusOfBar } from "./rows.js";
import { may, state } from "./state.js";
import { complain, toast } from "./toast.js";

const STATES = ["CLEAN", "INSPECTED", "PICKUP", "DIRTY"];
const SHOWN = 6;

/** Open the panel of a room. */
export function openRoom(number) {
  const { chart } = state;
  const room = chart.roomOf.get(number);
  if (!room) return;
  const again = () => openRoom(number);
  const coming = chart.bars.get(number).filter((bar) => bar.end > chart.today && bar.booking?.shown !== "gone").slice(0, SHOWN);
  const buttons = [
    may("can_manage_bookings") ? button(t("new.button"), () => openNewBooking(number), { icon: icon("plus", 11) }) : null,
    may("can_manage_rooms") ? button(t("closure.this"), () => askClosure(number)) : null,
  ].filter(Boolean);
  openPanel(`room:${number}`, t("room", { room: number }), [
    buttons.length ? el("div", { class: "actions" }, buttons) : "",
    facts([
      [t("booked_type"), chart.types.get(room.room_type)?.name ?? room.room_type],
      [t("floor_word"), String(room.floor)],
      [t("beds"), t("sleeps", { n: room.sleeps })],
      [t("features"), room.features.join(", ")],
      [t("parts"), room.parts.join(", ")],
      [t("part_of_word"), chart.suiteOf.get(number)],
    ]),
    el("h3", {}, t("housekeeping"), el("span", { class: "badge" }, t(`housekeeping.${room.housekeeping_status}`))),
    may("can_manage_housekeeping") ? el("div", { class: "actions" }, STATES.filter((each) => each !== room.housekeeping_status).map((each) => button(t(`clean.${each}`), () => clean(number, each)))) : "",
    el("h3", {}, t("in_it")),
    coming.length ? el("ul", { class: "bookings" }, coming.map(entry)) : el("p", { class: "muted" }, t("nobody")),
  ], { redraw: again, reopen: again });
}

function entry(bar) {
  const status = statusOfBar(bar);
  const open = () => (bar.booking ? openBooking(bar.booking.booking_id) : openClosure(bar));
  const dates = bar.booking ? datesOf(bar.booking) : `${dayAndTime(bar.start)} – ${dayAndTime(bar.end)}`;
  return el("li", { class: status }, el("button", { type: "button", class: "booking-item", on: { click: open } },
    el("strong", {}, bar.booking ? bar.booking.guest_name : bar.closure.reason || t(`status.${status}`)),
    el("span", { class: "muted small" }, `${t(`status.${status}`)} · ${dates}`),
  ));
}

async function clean(number, wanted) {
  try {
    await call("PATCH", hotelPath(`rooms/${encodeURIComponent(number)}/housekeeping/`), { body: { housekeeping_status: wanted } });
    toast(t("cleaned", { room: number, state: t(`housekeeping.${wanted}`) }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
}
