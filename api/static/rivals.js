// A room is taken: swap the two bookings, or have others moved so that it becomes free.

import { act, ofBooking } from "./api.js";
import { dialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { plural, t } from "./messages.js";
import { openRun } from "./runs.js";
import { said } from "./sentences.js";
import { may, state } from "./state.js";
import { complain, forget, toast } from "./toast.js";

const LOOKING = "make room";

/** Return what can be offered where these bookings stand in the room that another was dropped on. */
export function waysOffered(booking, rivals, number) {
  const ways = [];
  const free = (each) => each.status === "CONFIRMED" && !each.locked;
  if (rivals.length === 1 && free(rivals[0]) && free(booking) && state.chart.room(booking)) {
    ways.push({ text: t("rivals.swap", { guest: rivals[0].guest_name }), kind: "primary", take: () => swap(booking, rivals[0]) });
  }
  if (rivals.length && rivals.every(free) && booking.status === "CONFIRMED" && may("can_run_allocation")) {
    ways.push({ text: t("rivals.make_room", { n: plural("stays", rivals.length) }), kind: ways.length ? "" : "primary", take: () => makeRoom(booking, number) });
  }
  return ways;
}

/** Ask for a proposal in which others move so that the booking gets the room; it is looked at like any run. */
export async function makeRoom(booking, number) {
  const guest = booking.guest_name;
  toast(t("rivals.looking", { guest, room: number }), { key: LOOKING });
  try {
    const run = await act(ofBooking(booking.booking_id, "make-room/"), { room_number: number });
    await openRun(run.id);
  } catch (error) {
    if (error.code === "no_room_to_make") noWay(guest, number, error);
    else complain(error);
  }
  forget(LOOKING);
}

/** That nobody can make room is the answer to a question, and stays until it is read. */
function noWay(guest, number, problem) {
  return dialog(t("rivals.no_way", { guest, room: number }), (close) => ({
    parts: [el("p", {}, said(problem.message))],
    buttons: [button(t("close"), () => close(), { kind: "primary" })],
  }));
}

/** Let two bookings change rooms, both or neither. */
async function swap(booking, rival) {
  try {
    await act(ofBooking(booking.booking_id, "swap/"), { booking_id: rival.booking_id }, { version: booking.version });
    toast(t("rivals.swapped", { one: booking.guest_name, other: rival.guest_name }), { kind: "good", action: { text: t("undo"), run: () => swapBack(booking, rival) } });
  } catch (error) {
    complain(error);
  }
}

async function swapBack(booking, rival) {
  try {
    await act(ofBooking(booking.booking_id, "swap/"), { booking_id: rival.booking_id });
    toast(t("taken_back", { guest: booking.guest_name }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
}
