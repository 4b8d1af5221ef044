// The fields of a booking, for making one and for changing one; faults that the service names stand at their fields.

import { iso, moment } from "./dates.js";
import { choice, el, field } from "./dom.js";
import { t } from "./messages.js";
import { said } from "./sentences.js";
import { state } from "./state.js";

/** Return a form: its `parts`, its inputs by name, `dates()`, `terms()` as the service takes them, `show(problem)`. */
export function bookingForm(given, changed) {
  const { chart } = state;
  const text = (name, attributes = {}) => el("input", { type: "text", maxlength: "100", autocomplete: "off", value: given[name] ?? "", ...attributes });
  const number = (name, least) => el("input", { type: "number", min: String(least), max: "1000", value: String(given[name]), on: { input: changed } });
  const inputs = {
    check_in: el("input", { type: "date", value: given.check_in, min: given.first, required: true }),
    check_out: el("input", { type: "date", value: given.check_out, min: given.check_in, required: true, on: { change: changed } }),
    room_type: choice([...chart.types.values()].map((type) => [type.code, type.name]), given.room_type, changed),
    adults: number("adults", 1),
    children: number("children", 0),
    first_name: text("first_name"),
    last_name: text("last_name", { required: true }),
    phone: text("phone", { type: "tel", maxlength: "50" }),
    email: text("email", { type: "email", maxlength: "254" }),
    special_requests: el("textarea", { rows: "2", maxlength: "2000" }, given.special_requests ?? ""),
  };
  inputs.check_in.addEventListener("change", () => {
    // The stay keeps its length when it begins on another day.
    if (inputs.check_in.value && inputs.check_out.value) inputs.check_out.value = iso(moment(inputs.check_in.value) + length);
    inputs.check_out.min = inputs.check_in.value;
    changed();
  });
  let length = moment(given.check_out) - moment(given.check_in);
  inputs.check_out.addEventListener("change", () => { length = Math.max(0, moment(inputs.check_out.value) - moment(inputs.check_in.value)); });
  const fault = el("p", { class: "fault", role: "alert" });
  const titled = (name) => field(t(`form.${name}`), inputs[name]);
  const pair = (...names) => el("div", { class: "pair" }, names.map(titled));
  return {
    inputs,
    fault,
    dates: [pair("check_in", "check_out"), titled("room_type"), pair("adults", "children")],
    guest: [pair("first_name", "last_name"), pair("phone", "email"), titled("special_requests")],
    terms: () => ({ check_in: inputs.check_in.value, check_out: inputs.check_out.value, room_type: inputs.room_type.value, adults: Number(inputs.adults.value), children: Number(inputs.children.value), special_requests: inputs.special_requests.value.trim() }),
    person: () => Object.fromEntries(["first_name", "last_name", "phone", "email"].map((name) => [name, inputs[name].value.trim()])),
    /** Tell whether everything needed is there; the first field that is empty gets the focus. */
    complete() {
      const wrong = Object.values(inputs).filter((input) => !input.checkValidity());
      for (const input of Object.values(inputs)) input.setAttribute("aria-invalid", String(wrong.includes(input)));
      fault.textContent = wrong.length ? t("form.incomplete") : "";
      wrong[0]?.focus();
      return !wrong.length;
    },
    show(problem) {
      const faults = problem.body?.errors ?? [];
      const at = (each) => inputs[each.field.split(".").at(-1)];
      for (const each of faults) at(each)?.setAttribute("aria-invalid", "true");
      const lines = faults.map((each) => (at(each) ? `${t(`form.${each.field.split(".").at(-1)}`)}: ${said(each.message)}` : said(each.message)));
      fault.textContent = problem.status === 0 ? t("offline") : lines.join("; ") || said(problem.message);
      fault.scrollIntoView({ block: "nearest" });
    },
  };
}
