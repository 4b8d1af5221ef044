// Bars: how a period of a room looks, and what it is called for those who do not see it.

import { longDay, moment, shortDay } from "./dates.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { plural, t } from "./messages.js";
import { stands, statusOfBar } from "./rows.js";
import { state } from "./state.js";

/** Marks of a booking in a room, each an icon and a message: nothing is told by colour alone. */
export function marksOf(chart, booking, place) {
  const marks = [];
  if (booking.locked) marks.push("lock");
  if (booking.priority > 0) marks.push("vip");
  if (booking.group) marks.push("group");
  if (place && chart.upgrade(booking, place.room_number) > 0) marks.push("upgrade");
  if (booking.places.filter((each) => !each.part_of).length > 1) marks.push("moved");
  if (place?.origin === "RUN") marks.push("run");
  return marks;
}

/** Return the element of a bar in a row; `day` is the width of a day in pixels. */
export function barElement(chart, bar, row, day) {
  const status = statusOfBar(bar);
  const left = Math.max(bar.start - chart.first, 0) * day;
  const right = Math.min(bar.end - chart.first, chart.length) * day;
  const width = Math.max(right - left - 2, 6);
  const made = el("div", {
    role: "gridcell",
    tabindex: "-1",
    class: `bar ${status}${bar.left ? " from-before" : ""}${bar.right ? " beyond" : ""}`,
    "aria-label": labelOf(chart, bar),
  });
  made.style.left = `${left + 1}px`; // a transform would cost the browser a layer of its own for each bar
  made.style.width = `${width}px`;
  if (row.room.beds > 1) made.style.top = `${3 + (bar.bed - 1) * 22}px`;
  if (!stands(bar)) made.classList.add("faint");
  if (status !== "future" && width > 18) made.append(icon(status, 12)); // the plain look: its name needs the space more
  if (bar.booking) {
    made.dataset.booking = bar.booking.booking_id;
    if (bar.booking.booking_id === state.selected) made.classList.add("selected");
    if (bar.booking.priority > 0) made.classList.add("is-vip");
    if (width > (status === "future" ? 24 : 34)) made.append(el("span", { class: "bar-name" }, nameOf(bar)));
    if (width > 60 && bar.kind === "stay") {
      const marks = marksOf(chart, bar.booking, bar.place).filter((mark) => mark !== "run" || width > 100).slice(0, Math.floor((width - 44) / 14));
      if (marks.length) made.append(el("span", { class: "bar-marks" }, marks.map((mark) => icon(mark, 11))));
    }
  } else if (width > 34) {
    made.append(el("span", { class: "bar-name" }, bar.closure.reason || t(`status.${status}`)));
  }
  return made;
}

const nameOf = (bar) => (bar.kind === "hold" ? t("part_of", { room: bar.place.part_of }) : bar.booking.guest_name);

/** Return what a bar is called: guest, room, dates, status, marks. */
export function labelOf(chart, bar) {
  if (bar.kind === "closure") {
    const dates = `${shortDay(bar.start)} – ${shortDay(bar.end)}`;
    return [t(`status.${statusOfBar(bar)}`), t("room", { room: bar.room }), dates, bar.closure.reason].filter(Boolean).join(", ");
  }
  const marks = marksOf(chart, bar.booking, bar.place).map((mark) => t(`mark.${mark}`));
  return [nameOf(bar), t("room", { room: bar.room }), datesOf(bar.booking), t(`status.${statusOfBar(bar)}`), ...marks].join(", ");
}

/** Return how long a booking lasts, in words. */
export function lengthOf(booking) {
  const nights = moment(booking.check_out) - moment(booking.check_in);
  return nights ? plural("nights", nights) : t("day_use");
}

/** Return the dates of a booking in words. */
export function datesOf(booking) {
  const arrives = moment(booking.check_in);
  const leaves = moment(booking.check_out);
  const dates = arrives === leaves ? longDay(arrives) : `${shortDay(arrives)} – ${longDay(leaves)}`;
  return `${dates}, ${lengthOf(booking)}`;
}

/** Return the element of a booking without a room, in its lane above the rooms. */
export function looseElement(chart, booking, lane, day) {
  const [start, end] = chart.period(booking);
  const loose = { kind: "stay", booking, place: null, room: null, bed: 1, start, end };
  const left = Math.max(start - chart.first, 0) * day;
  const width = Math.max(Math.min(end - chart.first, chart.length) * day - left - 2, 8);
  const label = [booking.guest_name, t("no_room"), datesOf(booking), chart.types.get(booking.room_type)?.name, t(`status.${booking.shown}`)];
  const made = el(
    "button",
    { type: "button", class: `bar loose ${booking.shown}`, data: { booking: booking.booking_id, loose: "1" }, "aria-label": label.join(", ") },
    icon(booking.shown, 12),
    width > 34 && el("span", { class: "bar-name" }, `${booking.guest_name} · ${booking.room_type}`),
  );
  made.style.left = `${left + 1}px`;
  made.style.width = `${width}px`;
  made.style.top = `${lane * 26 + 2}px`;
  if (!stands(loose)) made.classList.add("faint");
  return made;
}
