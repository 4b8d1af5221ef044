// Groups on the chart: parties, tours and weddings, with who has a room and who has not.

import { openBooking } from "./booking.js";
import { moment, range } from "./dates.js";
import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { plural, t } from "./messages.js";
import { openPanel } from "./panel.js";
import { state, tell } from "./state.js";

/** List the groups of the days shown. */
export function openGroups() {
  const { chart } = state;
  const groups = new Map();
  for (const booking of chart.bookings.values()) {
    if (booking.group) groups.set(booking.group, [...(groups.get(booking.group) ?? []), booking]);
  }
  const items = [...groups].sort((a, b) => first(a[1]) - first(b[1])).map(([name, members]) => group(chart, name, members));
  openPanel("groups", t("groups"), items.length ? items : [el("p", {}, t("no_groups"))], { redraw: openGroups, reopen: openGroups, closed: () => light(null) });
}

const first = (members) => Math.min(...members.map((booking) => moment(booking.check_in)));

function group(chart, name, members) {
  const last = Math.max(...members.map((booking) => moment(booking.check_out)));
  const rooms = members.map((booking) => chart.room(booking)).filter(Boolean);
  const roomless = members.length - rooms.length;
  return el("details", { class: "group" },
    el("summary", {}, icon("right", 10), el("strong", {}, name), el("span", { class: "muted small" }, `${range(first(members), last)} · ${plural("stays", members.length)}${roomless ? ` · ${plural("roomless", roomless)}` : ""}`)),
    button(t("light_up"), () => light(members)),
    el("ul", { class: "bookings" }, members.map((booking) => el("li", { class: booking.shown }, el("button", { type: "button", class: "booking-item with-room", on: { click: () => openBooking(booking.booking_id, { reveal: true }) } }, el("span", { class: "room-chip" }, chart.room(booking) ?? "—"), el("span", {}, el("strong", {}, booking.guest_name), el("span", { class: "muted small" }, chart.types.get(booking.room_type)?.name ?? booking.room_type)))))),
  );
}

/** Let the members of a group stand out on the chart; null ends it. */
function light(members) {
  state.found = members ? new Set(members.map((booking) => booking.booking_id)) : null;
  tell("look");
  if (members) document.querySelector(".chart").grid.show(members[0].booking_id, { focus: false });
}
