// A bar on its way to another room, by pointer or by keyboard: every room judged, the target marked and announced.

import { read, ofBooking } from "./api.js";
import { hideCard } from "./card.js";
import { judge } from "./judge.js";
import { t } from "./messages.js";
import { MOVABLE } from "./chart.js";
import { moveBooking } from "./move.js";
import { may, state, tell } from "./state.js";
import { announce } from "./toast.js";

/** Why a booking cannot be moved by hand, in words; null if it can. */
export function unmovable(booking) {
  if (!may("can_assign_rooms")) return t("carry.no_permission");
  if (!MOVABLE.has(booking.status)) return t("carry.wrong_status", { status: t(`status.${booking.shown}`) });
  return null;
}

/** Begin to carry a booking; all rooms are judged at once. */
export function pickUp(booking) {
  const { chart } = state;
  hideCard();
  const judged = new Map(chart.rooms.map((room) => [room.room_number, judge(chart, booking, room.room_number)]));
  state.carried = { booking, target: chart.room(booking), judged };
  tell("look");
  showSuggestions(booking);
}

/** Hold the carried bar over a room. */
export function hover(number, { say = false } = {}) {
  const { carried } = state;
  if (!carried || carried.target === number) return;
  for (const line of document.querySelectorAll(".line.drop-here")) line.classList.remove("drop-here");
  carried.target = number;
  if (number) document.querySelector(`.line[data-row="${CSS.escape(number)}"]`)?.classList.add("drop-here");
  if (say && number) announce(`${t("room", { room: number })}: ${carried.judged.get(number).reason}`);
}

/** Put the carried bar down where it is; `false` lets it go back. */
export async function putDown(drop = true) {
  const { carried } = state;
  if (!carried) return;
  state.carried = null;
  state.suggested = null;
  const { booking, target, judged } = carried;
  const verdict = target ? judged.get(target).verdict : "own";
  const back = !drop || !target || verdict === "own";
  tell("look");
  if (back) announce(t("carry.back"));
  else if (verdict === "no") announce(judged.get(target).reason);
  if (!back) await moveBooking(booking, target);
}

/** Show in the row heads what the allocator thinks of the free rooms, as soon as it has said so. */
async function showSuggestions(booking) {
  try {
    const found = await read(ofBooking(booking.booking_id, "suggest-rooms/?limit=500"));
    if (state.carried?.booking !== booking) return;
    state.suggested = { booking, rooms: new Map(found.rooms.map((room) => [room.room_number, room])) };
    tell("look");
  } catch {
    // Without them the tints are still right.
  }
}
