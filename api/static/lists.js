// Lists beside the chart: bookings without a room, and the arrivals and departures of the day, also on paper.

import { readChart } from "./api.js";
import { datesOf, lengthOf, marksOf } from "./bars.js";
import { openBooking } from "./booking.js";
import { partyOf } from "./card.js";
import { Chart, MOVABLE } from "./chart.js";
import { iso, longDay, moment } from "./dates.js";
import { button, el, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { openPanel } from "./panel.js";
import { may, state } from "./state.js";
import { openSuggestions } from "./suggest.js";
import { complain } from "./toast.js";

/** List the bookings on the chart that have no room; with a day, those of its night. */
export function openUnassigned(day = null) {
  const { chart } = state;
  const found = chart.unassigned.filter((booking) => day === null || (moment(booking.check_in) <= day && Math.max(moment(booking.check_out), moment(booking.check_in) + 1) > day));
  const title = day === null ? t("without_room") : t("without_room_on", { day: longDay(day) });
  const parts = found.length
    ? el("ul", { class: "bookings" }, found.map((booking) => bookingItem(chart, booking, may("can_assign_rooms") && MOVABLE.has(booking.status) ? button(t("suggest.find"), () => openSuggestions(booking.booking_id)) : null)))
    : el("p", {}, t("all_have_rooms"));
  openPanel("unassigned", title, parts, { redraw: () => openUnassigned(day), reopen: () => openUnassigned(day) });
}

function bookingItem(chart, booking, action = null) {
  const type = chart.types.get(booking.room_type)?.name ?? booking.room_type;
  const open = el("button", { type: "button", class: "booking-item", on: { click: () => openBooking(booking.booking_id, { reveal: true }) } },
    el("span", { class: "booking-line" }, el("strong", {}, booking.guest_name), marksOf(chart, booking, chart.place(booking)).map((mark) => icon(mark, 11))),
    el("span", { class: "muted small" }, [datesOf(booking), type, partyOf(booking), booking.status === "PENDING_PAYMENT" && t("status.unconfirmed")].filter(Boolean).join(" · ")),
  );
  return el("li", { class: booking.shown }, open, action);
}

/** List who arrives and who leaves on the hotel's business date. */
export async function openToday() {
  const chart = await chartOfToday();
  if (!chart) return;
  const by = (booking) => chart.room(booking) ?? "";
  const sorted = (list) => list.sort((a, b) => by(a).localeCompare(by(b), undefined, { numeric: true }) || a.guest_name.localeCompare(b.guest_name));
  const all = [...chart.bookings.values()];
  const today = iso(chart.today);
  const arrivals = sorted(all.filter((booking) => booking.check_in === today && booking.status !== "PENDING_PAYMENT"));
  const late = sorted(all.filter((booking) => booking.shown === "due_in" && booking.check_in < today));
  const departures = sorted(all.filter((booking) => booking.check_out === today && ["in_house", "due_out", "gone"].includes(booking.shown) && booking.check_in !== today));
  const parts = [
    section(chart, t("arrivals"), arrivals),
    late.length ? section(chart, t("late"), late) : null,
    section(chart, t("departures"), departures),
  ].filter(Boolean);
  const print = iconButton(t("print"), icon("print"), () => printed(chart, [[t("arrivals"), arrivals], [t("late"), late], [t("departures"), departures]]));
  openPanel("today", t("today_title", { day: longDay(chart.today) }), parts, { redraw: openToday, reopen: openToday, actions: [print] });
}

function section(chart, title, bookings) {
  const open = bookings.filter((booking) => ["due_in", "due_out"].includes(booking.shown)).length;
  return el("section", {},
    el("h3", {}, title, el("span", { class: "badge" }, t("open_of", { open, all: bookings.length }))),
    bookings.length ? el("ul", { class: "bookings" }, bookings.map((booking) => dayItem(chart, booking))) : el("p", { class: "muted" }, t("nobody")),
  );
}

function dayItem(chart, booking) {
  const room = chart.room(booking);
  const facts = [t(`status.${booking.shown}`), partyOf(booking), lengthOf(booking)].join(" · ");
  const dirty = notReady(chart, booking);
  return el("li", { class: booking.shown },
    el("button", { type: "button", class: "booking-item with-room", on: { click: () => openBooking(booking.booking_id, { reveal: true }) } },
      el("span", { class: "room-chip" }, room ?? "—"),
      el("span", {},
        el("span", { class: "booking-line" }, el("strong", {}, booking.guest_name), marksOf(chart, booking, chart.place(booking)).map((mark) => icon(mark, 11))),
        el("span", { class: "muted small" }, facts, dirty && el("b", { class: "warn" }, ` · ${dirty}`)),
      ),
    ),
  );
}

/** For who is due in: who is still in the room, or that it is not clean yet; null if it is ready. */
function notReady(chart, booking) {
  if (booking.shown !== "due_in") return null;
  const [other] = chart.stillIn(booking);
  if (other) return t("still_in", { guest: other.guest_name });
  const state = chart.roomOf.get(chart.room(booking))?.housekeeping_status;
  return ["DIRTY", "PICKUP"].includes(state) ? t("not_ready", { state: t(`housekeeping.${state}`) }) : null;
}

async function chartOfToday() {
  const { chart } = state;
  if (chart.first <= chart.today && chart.today < chart.last) return chart;
  try {
    return new Chart(JSON.parse(await readChart(chart.today, chart.today + 1)));
  } catch (error) {
    complain(error);
    return null;
  }
}

/** Print lists: tables that only the printer sees. */
function printed(chart, lists) {
  const head = [t("room_word"), t("guest"), t("booked"), t("party"), t("departure"), t("status_word"), t("notes")];
  const tables = lists.filter(([, bookings]) => bookings.length).map(([title, bookings]) => [
    el("h2", {}, `${title} (${bookings.length})`),
    el("table", {},
      el("thead", {}, el("tr", {}, head.map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, bookings.map((booking) => printedRow(chart, booking))),
    ),
  ]);
  const host = document.getElementById("paper");
  host.replaceChildren(el("h1", {}, `${chart.hotel.name}, ${longDay(chart.today)}`), ...tables.flat());
  print();
}

function printedRow(chart, booking) {
  const place = chart.place(booking);
  const remarks = [notReady(chart, booking), ...marksOf(chart, booking, place).filter((mark) => mark !== "run").map((mark) => t(`mark.${mark}`)), booking.group, ...booking.needs].filter(Boolean);
  const cells = [place?.room_number ?? "—", booking.guest_name, booking.room_type, partyOf(booking), longDay(moment(booking.check_out)), t(`status.${booking.shown}`), remarks.join(", ")];
  return el("tr", {}, cells.map((cell) => el("td", {}, cell)));
}
