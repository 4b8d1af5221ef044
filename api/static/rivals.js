// A room is taken: swap the two bookings, or have others moved so that it becomes free.

import { act, ofBooking } from "./api.js";
import { t } from "./messages.js";
import { may, state } from "./state.js";
import { complain, toast } from "./toast.js";

/** Return what can be offered where `rival` stands in the room a booking was dropped on. */
export function waysOffered(booking, rival, _number) {
  const ways = [];
  if (rival && state.chart.room(booking) && may("can_assign_rooms")) {
    ways.push({ name: "swap", text: t("rivals.swap", { guest: rival.guest_name }), kind: "primary" });
  }
  return ways;
}

/** Let two bookings change rooms, in one transaction. */
export async function swap(booking, rival) {
  try {
    await act(ofBooking(booking.booking_id, "swap/"), { with: rival.booking_id });
    toast(t("rivals.swapped", { one: booking.guest_name, other: rival.guest_name }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
}

export async function makeRoom(_booking, _number) {}
