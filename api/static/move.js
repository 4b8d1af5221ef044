// Giving a booking another room, and what is offered where that is refused.

import { act, call, hotelPath, ofBooking, Problem } from "./api.js";
import { askReason, dialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { t } from "./messages.js";
import { said } from "./sentences.js";
import { waysOffered } from "./rivals.js";
import { may, state, tell } from "./state.js";
import { complain, toast } from "./toast.js";

let reread = async () => {};

/** Say how the chart is read again. */
export function onMoved(handler) {
  reread = handler;
}

/** Give a booking a room; whatever stands in the way is explained, with what can be done about it. */
export async function moveBooking(asked, number, { override = undefined } = {}) {
  const booking = onChart(asked);
  const before = state.chart.room(booking);
  if (before === number) return false;
  const guest = booking.guest_name;
  try {
    if (booking.status === "CHECKED_IN" && before) {
      const reason = await askReason(t("move.in_house_title", { guest, room: number }), t("move.in_house_text"), t("move.do"));
      if (reason === null) return false;
      await act(ofBooking(booking.booking_id, "move-room/"), { room_number: number, reason, if_version: booking.version });
      toast(t("move.in_house_done", { guest, room: number }), { kind: "good" });
    } else {
      pretend(booking, number);
      const body = { room_number: number, if_version: booking.version };
      if (override) body.override = override;
      const done = await act(ofBooking(booking.booking_id, "assign-room/"), body);
      const undo = { text: t("undo"), run: () => takeBack(booking, before) };
      const warning = done.warnings.length ? ` (${done.warnings.map(said).join("; ")})` : "";
      toast((before ? t("moved", { guest, from: before, to: number }) : t("placed", { guest, to: number })) + warning, { kind: "good", action: undo });
    }
    await reread();
    return true;
  } catch (error) {
    await reread();
    if (!(error instanceof Problem)) throw error;
    await refused(booking, number, error);
    return false;
  }
}

/** A booking as the chart knows it; one beyond its days as the service told it in detail. */
const onChart = (booking) => state.chart.bookings.get(booking.booking_id) ?? { ...booking, places: (booking.rooms ?? []).map((place) => ({ ...place, part_of: null })) };

/** Take a booking's room away. */
export async function unplace(asked) {
  const booking = onChart(asked);
  const before = state.chart.room(booking);
  try {
    await call("DELETE", hotelPath(ofBooking(booking.booking_id, "assign-room/")));
    toast(t("unplaced_toast", { guest: booking.guest_name }), { kind: "good", action: before && { text: t("undo"), run: () => takeBack(booking, before) } });
  } catch (error) {
    complain(error);
  }
  await reread();
}

async function takeBack(booking, before) {
  try {
    if (before) await act(ofBooking(booking.booking_id, "assign-room/"), { room_number: before });
    else await call("DELETE", hotelPath(ofBooking(booking.booking_id, "assign-room/")));
    toast(t("taken_back", { guest: booking.guest_name }), { kind: "good" });
  } catch (error) {
    complain(error);
  }
  await reread();
}

/** Show the bar where it is going while the service is asked; the answer decides. */
function pretend(booking, number) {
  const { chart } = state;
  state.text = null;
  for (const bars of chart.bars.values()) {
    const at = bars.findIndex((bar) => bar.booking === booking && bar.kind === "stay");
    if (at < 0) continue;
    const [bar] = bars.splice(at, 1);
    const there = chart.bars.get(number);
    there.push({ ...bar, room: number, bed: 1 });
    there.sort((a, b) => a.start - b.start);
    break;
  }
  tell("chart");
}

async function refused(booking, number, problem) {
  if (problem.status === 412) {
    toast(t("move.stale", { guest: booking.guest_name }), { kind: "bad" });
    return;
  }
  if (problem.status !== 409 || !problem.body.rule) {
    complain(problem);
    return;
  }
  const broken = problem.body.broken?.length ? problem.body.broken : [{ ...problem.body, message: problem.message }];
  const current = state.chart.bookings.get(booking.booking_id) ?? booking;
  const rivals = [...new Set(broken.map((each) => each.booking_id).filter(Boolean))].map((id) => state.chart.bookings.get(id)).filter(Boolean);
  const overridable = broken.every((each) => each.overridable);
  const ways = waysOffered(current, rivals, number);
  if (overridable && may("can_override_rules")) ways.push({ text: t("move.override"), kind: "danger", take: () => overridden(current, number, broken) });
  const way = await dialog(t("move.refused_title", { guest: booking.guest_name, room: number }), (close) => ({
    parts: [
      el("ul", { class: "reasons" }, broken.map((each) => el("li", {}, said(each.message)))),
      overridable && !may("can_override_rules") ? el("p", { class: "hint" }, t("move.no_override")) : "",
    ],
    buttons: [button(t("move.leave"), () => close()), ...ways.map((each) => button(each.text, () => close(each), { kind: each.kind }))],
  }));
  if (!way) return;
  await way.take();
  await reread();
}

async function overridden(booking, number, broken) {
  const rules = [...new Set(broken.map((each) => each.rule))];
  const text = t("move.override_text", { rules: rules.map((rule) => t(`rule.${rule}`)).join(", ") });
  const reason = await askReason(t("move.override_title", { guest: booking.guest_name, room: number }), text, t("move.override"), { kind: "danger" });
  if (reason === null) return;
  await moveBooking(booking, number, { override: Object.fromEntries(rules.map((rule) => [rule, reason])) });
}
