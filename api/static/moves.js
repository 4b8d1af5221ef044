// The changes of a run, each with its reason; and who stays without a room, and why.

import { datesOf } from "./bars.js";
import { bookingOf } from "./beyond.js";
import { openBooking } from "./booking.js";
import { choiceButtons, choiceOf, choosable, unsettled } from "./choices.js";
import { el } from "./dom.js";
import { plural, t } from "./messages.js";
import { said } from "./sentences.js";
import { state } from "./state.js";

const SHOWN = 150;

/** Return the list of a run's changes; where they can be chosen one by one, `changed` is called after each choice. */
export function movesOf(run, changed) {
  const { moved, placed, released, kept } = run.diff;
  const kinds = [["moved", moved], ["placed", placed], ["released", released]].filter(([, changes]) => changes.length);
  const items = new Map();
  const look = () => {
    const shaken = unsettled(state.chart, run);
    for (const [id, item] of items) {
      item.classList.toggle("rejected", choiceOf(id) === "reject");
      item.querySelector(".shaken")?.toggleAttribute("hidden", !shaken.has(id));
    }
  };
  const choose = () => {
    look();
    changed();
  };
  const choosing = choosable(run);
  const sections = kinds.map(([kind, changes]) => {
    const sorted = changes.toSorted(byArrival);
    for (const each of sorted.slice(0, SHOWN)) items.set(each.booking_id, change(each, choosing && choose));
    return el("section", {},
      el("h3", {}, t(`run.${kind}_title`), el("span", { class: "badge" }, String(changes.length))),
      el("ol", { class: "moves" }, sorted.slice(0, SHOWN).map((each) => items.get(each.booking_id))),
      changes.length > SHOWN ? el("p", { class: "muted" }, plural("more", changes.length - SHOWN)) : null,
    );
  });
  if (choosing) look();
  const nothing = sections.length ? null : el("p", {}, t("run.nothing"));
  return el("div", {}, nothing, sections, el("p", { class: "muted" }, t("run.kept", { n: plural("stays", kept) })));
}

/** Who comes first stands first; who is not known, last. */
function byArrival(one, other) {
  const [a, b] = [one, other].map((each) => bookingOf(each.booking_id)?.check_in ?? "9999");
  return a.localeCompare(b) || one.booking_id.localeCompare(other.booking_id);
}

function change(each, choose) {
  const booking = bookingOf(each.booking_id);
  const guest = booking?.guest_name ?? each.booking_id;
  return el("li", {},
    el("button", { type: "button", class: "booking-item", on: { click: () => show(each, booking) } },
      el("span", { class: "booking-line" }, el("strong", {}, guest), el("span", { class: "from-to" }, each.from_room ?? "—", " → ", el("b", {}, each.to_room ?? "—"))),
      el("span", { class: "muted small" }, said(each.reason)),
      booking && el("span", { class: "muted small" }, datesOf(booking)),
    ),
    choose && el("small", { class: "shaken", hidden: true }, t("run.shaken", { room: each.to_room })),
    choose && choiceButtons(each.booking_id, guest, choose),
  );
}

function show(each, booking) {
  if (booking && document.querySelector(".chart").grid.show(each.booking_id)) return;
  openBooking(each.booking_id);
}

/** Return the list of bookings that a run leaves without a room; null if there are none. */
export function unplacedOf(run) {
  if (!run.diff.unplaced.length) return null;
  const items = run.diff.unplaced.map((each) => {
    const booking = bookingOf(each.booking_id);
    return el("li", {}, el("button", { type: "button", class: "booking-item", on: { click: () => openBooking(each.booking_id) } }, el("strong", {}, booking?.guest_name ?? each.booking_id), el("span", { class: "muted small" }, said(each.reason))));
  });
  return el("section", {}, el("h3", {}, t("run.unplaced_title"), el("span", { class: "badge" }, String(items.length))), el("ol", { class: "moves" }, items));
}
