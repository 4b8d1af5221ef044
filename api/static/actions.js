// What may be done with a booking, as the service offers it: each step with its question and what it says afterwards.

import { act, call, hotelPath, ofBooking } from "./api.js";
import { askReason, confirmed, dialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { t } from "./messages.js";
import { unplace } from "./move.js";
import { may, state } from "./state.js";
import { complain, toast } from "./toast.js";

// In the order of their buttons. `asks`: "reason" must be given, "why" may be given, "sure" is only confirmed.
const STEPS = [
  { name: "check_in", kind: "primary" },
  { name: "check_out", kind: "primary", asks: "sure" },
  { name: "confirm", kind: "primary" },
  { name: "lock", asks: "why" },
  { name: "unlock" },
  { name: "unassign_room" },
  { name: "new_pin", path: "pin/", asks: "sure" },
  { name: "undo_check_in", asks: "reason" },
  { name: "undo_check_out", asks: "reason" },
  { name: "no_show", asks: "why", kind: "quiet-danger" },
  { name: "cancel", asks: "why", kind: "quiet-danger" },
  { name: "reinstate", asks: "reason" },
];

/** Return the steps that the service allows for a booking. */
export function stepsOf(detail) {
  const allowed = new Set(detail.actions.filter((action) => action.allowed).map((action) => action.name));
  const steps = STEPS.filter((step) => allowed.has(step.name));
  const arrival = detail.actions.find((action) => action.name === "check_in");
  const onlyDirty = arrival && !arrival.allowed && arrival.reasons.length === 1 && arrival.reasons[0] === "not_clean";
  return onlyDirty && may("can_override_rules") ? [{ name: "check_in_dirty", kind: "" }, ...steps] : steps;
}

/** Do a step, after its question; `again` shows the booking as it is then. */
export async function perform(step, detail, again) {
  const guest = detail.guest_name;
  const title = t(`action.${step.name}`);
  if (step.name === "unassign_room") {
    await unplace(state.chart.bookings.get(detail.booking_id) ?? detail);
    again();
    return;
  }
  const body = {};
  if (step.name === "check_in_dirty") {
    const reason = await askReason(title, t("ask.check_in_dirty", { room: detail.assigned_room_number }), title, { kind: "danger" });
    if (reason === null) return;
    body.override = { not_clean: reason };
    body.if_version = detail.version;
  } else if (step.asks === "sure") {
    if (!(await confirmed(title, t(`ask.${step.name}`, { guest, room: detail.assigned_room_number }), title))) return;
  } else if (step.asks) {
    const reason = await askReason(`${title}: ${guest}`, null, title, { optional: step.asks === "why" });
    if (reason === null) return;
    if (reason) body.reason = reason;
  }
  try {
    const name = step.name === "check_in_dirty" ? "check_in" : step.name;
    const path = ofBooking(detail.booking_id, step.path ?? `${name.replaceAll("_", "-")}/`);
    const done = await act(path, body).catch(async (error) => {
      if (error.body?.code !== "no_room" || !(await confirmed(title, t("new.full"), title))) throw error;
      return act(path, { ...body, overbook: true });
    });
    if (done?.pin) await showPin(detail, done.pin);
    else toast(t(`done.${name}`, { guest, room: detail.assigned_room_number }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
  again();
}

/** Show a PIN: this once, nobody can look it up again. */
export function showPin(detail, pin) {
  return dialog(t("pin.title", { room: detail.assigned_room_number }), (close) => ({
    parts: [el("p", {}, t("pin.text", { guest: detail.guest_name })), el("p", { class: "pin" }, pin)],
    buttons: [button(t("pin.noted"), () => close(), { kind: "primary", autofocus: true })],
  }));
}

/** End a closure. */
export async function endClosure(closure) {
  const room = closure.part_of ?? closure.room_number;
  if (!(await confirmed(t("closure.end"), t("closure.end_text", { room }), t("closure.end")))) return;
  try {
    await call("DELETE", hotelPath(`closures/${closure.id}/`));
    toast(t("closure.ended", { room }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
}
