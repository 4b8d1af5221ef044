// Rooms out of order or out of service: closing one, and the panel of a closure.

import { act } from "./api.js";
import { endClosure } from "./actions.js";
import { dialog } from "./dialog.js";
import { dayAndTime, isoMinute } from "./dates.js";
import { button, choice, el, facts, field } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { closePanel, openPanel } from "./panel.js";
import { said } from "./sentences.js";
import { may, state } from "./state.js";
import { toast } from "./toast.js";

/** Show a closure. */
export function openClosure(bar) {
  const { closure } = bar;
  const kind = closure.kind.toLowerCase();
  const end = async () => {
    await endClosure(closure);
    closePanel();
  };
  openPanel(`closure:${closure.id}`, t("room", { room: closure.room_number }), [
    el("p", { class: `card-status ${kind}` }, icon(kind, 13), ` ${t(`status.${kind}`)}`),
    may("can_manage_rooms") ? el("div", { class: "actions" }, button(t("closure.end"), end)) : null,
    facts([
      [t("from_to"), `${dayAndTime(bar.start)} – ${dayAndTime(bar.end)}`],
      [t("reason"), closure.reason],
      [t("part_of_word"), closure.part_of],
      [t("closure.number"), closure.id],
    ]),
  ].filter(Boolean));
}

/** Ask for a room's closure, beginning with what is known: a room and a day. */
export async function askClosure(number = null, day = null) {
  const { chart } = state;
  const begin = (day ?? Math.max(chart.today, chart.first)) + 12 / 24;
  const rooms = [...chart.rooms].sort((a, b) => a.room_number.localeCompare(b.room_number, undefined, { numeric: true })).map((room) => [room.room_number, `${room.room_number} · ${room.room_type}`]);
  await dialog(t("closure.title"), (close) => {
    const asked = { room_number: number ?? rooms[0][0], kind: "OOO" };
    const from = el("input", { type: "datetime-local", value: isoMinute(begin), required: true });
    const to = el("input", { type: "datetime-local", value: isoMinute(begin + 1), required: true });
    const reason = el("input", { type: "text", maxlength: "200" });
    const fault = el("p", { class: "fault", role: "alert" });
    const done = async () => {
      try {
        await act("closures/", { ...asked, starts_at: from.value, ends_at: to.value, reason: reason.value });
        toast(t("closure.made", { room: asked.room_number }), { kind: "good" });
        close(true);
      } catch (problem) {
        const rival = chart.bookings.get(problem.body?.booking_id);
        const faults = problem.body?.errors?.map((each) => said(each.message)).join("; ");
        fault.textContent = [faults || said(problem.message), rival && t("closure.rival", { guest: rival.guest_name })].filter(Boolean).join(". ");
      }
    };
    return {
      parts: [
        field(t("room_word"), choice(rooms, asked.room_number, (value) => { asked.room_number = value; })),
        field(t("closure.kind"), choice([["OOO", t("status.ooo")], ["OOS", t("status.oos")]], "OOO", (value) => { asked.kind = value; }), t("closure.kinds")),
        field(t("closure.from"), from),
        field(t("closure.to"), to),
        field(t("reason"), reason),
        fault,
      ],
      buttons: [button(t("cancel"), () => close()), button(t("closure.do"), done, { kind: "primary" })],
    };
  });
}
