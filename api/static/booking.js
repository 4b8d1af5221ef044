// The panel of a booking: everything about it, and what may be done with it now.

import { ofBooking, read } from "./api.js";
import { marksOf } from "./bars.js";
import { perform, stepsOf } from "./actions.js";
import { openAmend } from "./amend.js";
import { partyOf, wishOf } from "./card.js";
import { dayAndTime, longDay, moment, worldMoment } from "./dates.js";
import { button, el, facts } from "./dom.js";
import { icon } from "./icons.js";
import { plural, t } from "./messages.js";
import { openPanel, panelName } from "./panel.js";
import { state, tell } from "./state.js";
import { openSuggestions } from "./suggest.js";
import { complain } from "./toast.js";
import { trailOf } from "./trail.js";
import { whyNoRoom } from "./explain.js";
import { refusals } from "./whynot.js";

/** Open the panel of a booking; `reveal` brings its bar into view, for those who come from a list. */
export async function openBooking(id, { focus = true, reveal = false } = {}) {
  if (!focus && state.selected !== id) return; // somebody has asked for another one since
  state.selected = id;
  if (reveal) document.querySelector(".chart").grid.show(id, { focus: false });
  tell("look");
  const before = document.activeElement;
  try {
    const detail = await read(ofBooking(id));
    // Whoever has gone on meanwhile, to a menu or a field, is not called back.
    const gone = ![before, document.body].includes(document.activeElement) && !document.activeElement.closest("#panel");
    // Drawn again it must not take the place of what has been opened meanwhile.
    if (state.selected === id && (focus || panelName() === nameOf(id))) show(detail, focus && !gone);
  } catch (error) {
    complain(error);
  }
}

const nameOf = (id) => `booking:${id}`;

function show(detail, focus) {
  const id = detail.booking_id;
  const name = nameOf(id);
  const again = () => panelName() === name && openBooking(id, { focus: false });
  const shown = state.chart.bookings.get(id);
  const status = shown?.shown ?? detail.status.toLowerCase();
  const marks = shown ? marksOf(state.chart, shown, state.chart.place(shown)) : [];
  const parts = [
    el("p", { class: `card-status ${status}` }, shown ? icon(status, 13) : null, ` ${shown ? t(`status.${status}`) : t(`state.${detail.status}`)}`),
    el("div", { class: "room-line-big" }, el("span", { class: "big-room" }, detail.assigned_room_number ?? "—"), el("span", {}, detail.assigned_room_number ? roomType(detail.assigned_room_number) : t("no_room"))),
    refusals(detail),
    el("div", { class: "actions", role: "group", "aria-label": t("actions") }, buttonsOf(detail, again)),
    whyNoRoom(detail),
    facts([
      [t("dates"), `${longDay(moment(detail.check_in))} – ${longDay(moment(detail.check_out))}`],
      [t("stay"), detail.nights ? plural("nights", detail.nights) : t("day_use")],
      [t("booked"), detail.room_type_name],
      [t("party"), partyOf(detail)],
      [t("group"), detail.group],
      [t("needs"), detail.needs.join(", ")],
      [t("wishes"), detail.wishes.map(wishOf).join(", ")],
      [t("allowed_rooms"), detail.allowed_rooms?.join(", ")],
      [t("lock"), detail.locked ? detail.lock_reason || t("lock_plain") : null],
      [t("requests"), detail.special_requests],
      [t("notes"), detail.internal_notes],
      [t("phone"), detail.guest_phone],
      [t("email"), detail.guest_email],
      [t("amount"), `${detail.total_amount} ${detail.currency}`],
      [t("booking"), id],
    ]),
    marks.length ? el("ul", { class: "marks" }, marks.map((mark) => el("li", {}, icon(mark, 12), ` ${t(`mark.${mark}`)}`))) : null,
    detail.rooms.length > 1 ? roomsOf(detail) : null,
    el("h3", {}, t("history")),
    el("ol", { class: "trail" }, detail.history.map((each) => el("li", {}, el("span", {}, t(`milestone.${each.what}`)), el("small", {}, [worldMoment(each.at, state.chart.hotel.timezone), each.by].filter(Boolean).join(", "))))),
    trailOf(id),
  ];
  openPanel(name, detail.guest_name, parts.filter(Boolean), { redraw: again, reopen: () => openBooking(id), focus });
}

function roomType(number) {
  const room = state.chart.roomOf.get(number);
  return state.chart.types.get(room?.room_type)?.name ?? "";
}

/** Buttons for what is allowed. */
function buttonsOf(detail, again) {
  const allowed = new Set(detail.actions.filter((action) => action.allowed).map((action) => action.name));
  const made = stepsOf(detail).map((step) => button(t(`action.${step.name}`), () => perform(step, detail, again), { kind: step.kind ?? "" }));
  const placeable = allowed.has("assign_room") || allowed.has("move_room");
  if (placeable) {
    const find = button(t(detail.assigned_room_number ? "suggest.other" : "suggest.find"), () => openSuggestions(detail.booking_id), { kind: detail.assigned_room_number ? "" : "primary" });
    made.splice(made[0]?.classList.contains("primary") ? 1 : 0, 0, find);
  }
  if (allowed.has("amend")) {
    const at = (placeable ? 1 : 0) + (made[0]?.classList.contains("primary") && !(placeable && !detail.assigned_room_number) ? 1 : 0);
    made.splice(at, 0, button(t("amend.do"), () => openAmend(detail, () => openBooking(detail.booking_id))));
  }
  return made.length || refusals(detail).length ? made : el("p", { class: "hint" }, t("no_actions"));
}

function roomsOf(detail) {
  const rows = detail.rooms.map((place) => el("li", {}, `${t("room", { room: place.room_number })}: ${dayAndTime(moment(place.starts_at))} – ${dayAndTime(moment(place.ends_at))}`));
  return el("ul", { class: "plain" }, rows);
}
