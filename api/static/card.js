// The card that appears beside a bar under the pointer or the keyboard's focus: what a glance wants to know.

import { datesOf, marksOf } from "./bars.js";
import { dayAndTime } from "./dates.js";
import { el, facts } from "./dom.js";
import { icon } from "./icons.js";
import { plural, t } from "./messages.js";
import { statusOfBar } from "./rows.js";
import { state } from "./state.js";

const WAIT_MS = 250;
let timer = null;

/** Show the card of what an element stands for, after a moment; nothing while a bar is being carried. */
export function showCard(element, bar) {
  clearTimeout(timer);
  if (state.carried) return;
  timer = setTimeout(() => place(element, bar), WAIT_MS);
}

/** Take the card away; `soon` leaves time to move the pointer onto it. */
export function hideCard({ soon = false } = {}) {
  clearTimeout(timer);
  const hide = () => {
    document.getElementById("card").hidden = true;
  };
  if (soon) timer = setTimeout(hide, WAIT_MS);
  else hide();
}

function place(element, bar) {
  if (!element.isConnected || state.carried) return;
  const card = document.getElementById("card");
  card.replaceChildren(...(bar.closure ? closureParts(bar) : bookingParts(bar)));
  card.hidden = false;
  const box = element.getBoundingClientRect();
  const head = document.querySelector(".chart").getBoundingClientRect();
  const left = Math.max(box.left, head.left + 176);
  const below = box.bottom + 6 + card.offsetHeight < innerHeight;
  card.style.left = `${Math.max(8, Math.min(left, head.right - card.offsetWidth - 8))}px`;
  card.style.top = `${below ? box.bottom + 6 : box.top - card.offsetHeight - 6}px`;
}

function closureParts(bar) {
  const { closure } = bar;
  return [
    el("p", { class: "card-title" }, icon(statusOfBar(bar)), ` ${t(`status.${statusOfBar(bar)}`)}`),
    facts([
      [t("room_word"), bar.room],
      [t("from_to"), `${dayAndTime(bar.start)} – ${dayAndTime(bar.end)}`],
      [t("reason"), closure.reason],
    ]),
  ];
}

function bookingParts(bar) {
  const { chart } = state;
  const { booking } = bar;
  const marks = marksOf(chart, booking, bar.place);
  const type = (code) => chart.types.get(code)?.name ?? code;
  const room = bar.place ? `${bar.place.room_number} (${type(chart.roomOf.get(bar.place.room_number)?.room_type)})` : t("no_room");
  return [
    el("p", { class: "card-title" }, booking.guest_name),
    el("p", { class: `card-status ${booking.shown}` }, icon(booking.shown, 12), ` ${t(`status.${booking.shown}`)}`),
    facts([
      [t("dates"), datesOf(booking)],
      [t("room_word"), room],
      [t("booked"), type(booking.room_type)],
      [t("party"), partyOf(booking)],
      [t("group"), booking.group],
      [t("needs"), booking.needs.join(", ")],
      [t("lock"), booking.locked ? booking.lock_reason || t("lock_plain") : null],
      [t("booking"), booking.booking_id],
    ]),
    marks.length ? el("ul", { class: "marks" }, marks.map((mark) => el("li", {}, icon(mark, 12), ` ${t(`mark.${mark}`)}`))) : "",
  ];
}

/** Return how many people come, in words. */
export function partyOf(booking) {
  const children = booking.children ? `, ${plural("children", booking.children)}` : "";
  return plural("adults", booking.adults) + children;
}

/** Return what a guest would like, in words. */
export function wishOf(each) {
  if (each.feature) return each.feature;
  if (each.room) return t("room", { room: each.room });
  if (each.min_floor !== undefined) return t("wish.high", { floor: each.min_floor });
  return t("wish.low", { floor: each.max_floor });
}

/** Let the card stay while the pointer is on it, and go with Escape. */
export function installCard() {
  const card = document.getElementById("card");
  card.addEventListener("mouseenter", () => clearTimeout(timer));
  card.addEventListener("mouseleave", () => hideCard());
  addEventListener("keydown", (event) => event.key === "Escape" && hideCard());
}
