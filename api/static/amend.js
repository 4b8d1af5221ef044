// Changing a booking: other dates, another type, more people, a corrected name. What becomes of its room is said.

import { call, hotelPath, ofBooking } from "./api.js";
import { bookingForm } from "./bookingform.js";
import { dialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { t } from "./messages.js";
import { openPanel } from "./panel.js";
import { said } from "./sentences.js";
import { toast } from "./toast.js";

/** Show the form that changes a booking; `again` shows the booking as it is then. */
export function openAmend(detail, again) {
  const given = { ...detail, first_name: detail.guest_first_name, last_name: detail.guest_last_name, phone: detail.guest_phone, email: detail.guest_email };
  const form = bookingForm(given, () => {});
  const before = { terms: form.terms(), person: form.person() };
  if (detail.status === "CHECKED_IN") form.inputs.check_in.disabled = true;
  const save = button(t("amend.save"), () => change({}), { kind: "primary", type: "submit" });

  async function change(more) {
    if (!form.complete()) return;
    const body = different(form.terms(), before.terms);
    const guest = different(form.person(), before.person);
    if (Object.keys(guest).length) body.guest = guest;
    if (!Object.keys(body).length) {
      again();
      return;
    }
    save.disabled = true;
    try {
      const done = await call("PATCH", hotelPath(ofBooking(detail.booking_id)), { body: { ...body, ...more, if_version: detail.version } });
      const { outcome, room_number: room } = done.room_outcome;
      toast(t(outcome === "lost" ? "amend.lost" : "amend.saved", { guest: done.guest_name, room: room ?? "" }), { kind: "good" });
      again();
    } catch (error) {
      if (error.status === 409 && (error.body.rule || error.body.code === "no_room") && !more.on_conflict) await refused(error, change);
      else form.show(error);
    }
    save.disabled = false;
  }

  const element = el("form", { class: "booking-form", novalidate: true }, form.dates, form.guest, form.fault, el("div", { class: "actions" }, save, button(t("cancel"), again)));
  element.addEventListener("submit", (event) => event.preventDefault());
  openPanel(`amend:${detail.booking_id}`, t("amend.title", { guest: detail.guest_name }), [element]);
  form.inputs.check_out.focus();
}

const different = (values, before) => Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== before[name]));

/** The room cannot be kept, or there is none for everybody: leave everything, or change the booking all the same. */
async function refused(problem, change) {
  const full = problem.body.code === "no_room";
  const broken = problem.body.broken?.length ? problem.body.broken : [{ message: problem.message }];
  const released = await dialog(t(full ? "amend.do" : "amend.refused"), (close) => ({
    parts: [el("ul", { class: "reasons" }, full ? el("li", {}, t("new.full")) : broken.map((each) => el("li", {}, said(each.message))))],
    buttons: [button(t("move.leave"), () => close()), button(t(full ? "amend.do" : "amend.release"), () => close(true), { kind: "danger" })],
  }));
  if (released) await change({ on_conflict: "release" });
}
