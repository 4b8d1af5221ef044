// A new booking: somebody telephones, or stands at the desk and wants a room now.

import { act, hotelPath, call, ofBooking, read } from "./api.js";
import { showPin } from "./actions.js";
import { openBooking } from "./booking.js";
import { bookingForm } from "./bookingform.js";
import { askClosure } from "./closures.js";
import { iso, longDay, moment, range } from "./dates.js";
import { askReason, dialog } from "./dialog.js";
import { button, el, field } from "./dom.js";
import { plural, t } from "./messages.js";
import { closePanel, openPanel } from "./panel.js";
import { may, state } from "./state.js";
import { complain, toast } from "./toast.js";

const PAUSE_MS = 250;

/** Show the form of a new booking, beginning with what is known: a room and a day. */
export function openNewBooking(number = null, day = null) {
  const { chart } = state;
  const first = Math.max(day ?? chart.today, chart.today);
  const type = number ? chart.roomOf.get(number).room_type : [...chart.types.keys()].find((code) => chart.rooms.some((room) => room.room_type === code && room.beds === 1));
  const given = { check_in: iso(first), check_out: iso(first + 1), first: iso(chart.today), room_type: type, adults: 1, children: 0 };
  const room = el("select", {});
  const here = el("input", { type: "checkbox" });
  const now = el("label", { class: "check" }, here, ` ${t("new.here")}`);
  const told = el("p", { class: "hint", role: "status" });
  const submit = button("", () => make(), { kind: "primary", type: "submit" });
  const form = bookingForm(given, () => soon());
  const { inputs } = form;
  let wanted = number;
  let timer = null;
  let asked = 0;
  let answered = null; // which rooms are free, as far as it has been asked

  const look = () => {
    now.hidden = !may("can_manage_checkin") || inputs.check_in.value !== iso(chart.today);
    if (now.hidden) here.checked = false;
    submit.textContent = t(here.checked ? "new.check_in" : "new.book");
  };
  const soon = () => {
    look();
    told.textContent = t("new.asking");
    told.classList.remove("warn");
    clearTimeout(timer);
    answered = new Promise((done) => { timer = setTimeout(() => ask().finally(done), PAUSE_MS); });
  };

  /** Ask which rooms are free, and whether the hotel can hold the stay at all. */
  async function ask() {
    asked += 1;
    const mine = asked;
    const { check_in, check_out, room_type, adults, children } = form.terms();
    if (!check_in || !check_out || check_out < check_in || adults < 1) return;
    try {
      const query = new URLSearchParams({ check_in, check_out, room_type, party: String(adults + children) });
      const stay = { check_in, check_out, room_type, adults, children };
      const [rooms, fit] = await Promise.all([read(`rooms/availability/?${query}`), call("POST", hotelPath("availability/fit/"), { body: stay })]);
      if (mine !== asked) return;
      offer(rooms.available_rooms.map((each) => each.room_number));
      told.textContent = verdict(fit, rooms.available_rooms.length);
      told.classList.toggle("warn", fit.verdict !== "fits");
    } catch (error) {
      if (mine === asked) form.show(error);
    }
  }

  function offer(free) {
    const dirty = (each) => (["DIRTY", "PICKUP"].includes(chart.roomOf.get(each)?.housekeeping_status) ? ` · ${t("housekeeping.DIRTY")}` : "");
    const sorted = free.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    room.replaceChildren(el("option", { value: "" }, t("new.later")), ...sorted.map((each) => el("option", { value: each, selected: each === wanted }, each + dirty(each))));
  }

  async function make() {
    if (!form.complete()) return;
    if (here.checked && !room.value) {
      form.fault.textContent = t("new.needs_room");
      room.focus();
      return;
    }
    submit.disabled = true;
    await answered;
    if (wanted && room.value !== wanted) {
      form.fault.textContent = t("new.not_free", { room: wanted });
      wanted = "";
      submit.disabled = false;
      room.focus();
      return;
    }
    form.fault.textContent = "";
    try {
      if (here.checked) await walkIn(form, room.value);
      else await book(form, room.value);
    } catch (error) {
      form.show(error);
    }
    submit.disabled = false;
  }

  room.addEventListener("change", () => { wanted = room.value; });
  here.addEventListener("change", look);
  offer(number ? [number] : []);
  const close = number && may("can_manage_rooms") && button(t("closure.instead"), () => {
    closePanel();
    askClosure(number, first);
  });
  const element = el("form", { class: "booking-form", novalidate: true }, form.dates, told, field(t("room_word"), room), now, form.guest, form.fault, el("div", { class: "actions" }, submit, button(t("cancel"), closePanel), close || null));
  element.addEventListener("submit", (event) => event.preventDefault());
  openPanel("new", t("new.title"), [element]);
  look();
  told.textContent = t("new.asking");
  answered = ask();
  inputs[number ? "last_name" : "check_in"].focus();
}

function verdict(fit, free) {
  if (fit.verdict === "unknown") return t("new.unknown");
  if (fit.verdict !== "fits") return fit.why?.at ? t("new.full_on", { day: longDay(moment(fit.why.at)) }) : t("new.full");
  if (free) return plural("free_rooms", free);
  return t("new.after_moves", { n: plural("stays", fit.moves.length) });
}

const nameOf = (form) => [form.person().first_name, form.person().last_name].filter(Boolean).join(" ");

const NOT_HELD = { no_room: "new.full", fit_unknown: "new.unknown" };

/** What could be had instead, as the refusal says it. */
function instead({ room_types: types = [], dates = [] } = {}) {
  const names = types.map((code) => state.chart.types.get(code)?.name ?? code);
  const periods = dates.map((each) => range(moment(each.check_in), moment(each.check_out)));
  return [...names, ...periods].length ? el("p", {}, t("new.instead", { what: [...names, ...periods].join(", ") })) : null;
}

/** Make the booking; one that the hotel cannot hold only if they say so. Null if they do not. */
async function made(form) {
  const body = { ...form.terms(), guest: form.person() };
  try {
    return await act("bookings/", body);
  } catch (error) {
    if (!NOT_HELD[error.code]) throw error;
    const anyhow = await dialog(t("new.title"), (close) => ({
      parts: [el("p", {}, t(NOT_HELD[error.code])), instead(error.body.alternatives)].filter(Boolean),
      buttons: [button(t("cancel"), () => close()), button(t("new.overbook"), () => close(true), { kind: "danger" })],
    }));
    return anyhow ? act("bookings/", { ...body, overbook: true }) : null;
  }
}

async function book(form, number) {
  const booking = await made(form);
  if (!booking) return;
  const guest = nameOf(form);
  if (number) {
    try {
      await act(ofBooking(booking.booking_id, "assign-room/"), { room_number: number });
      toast(t("new.booked_room", { guest, room: number }), { kind: "good" });
    } catch (error) {
      toast(t("new.booked", { guest }), { kind: "good" });
      complain(error);
    }
  } else {
    toast(t("new.booked", { guest }), { kind: "good" });
  }
  openBooking(booking.booking_id, { reveal: true });
}

/** Put the guest into the room now; one that is not clean needs a reason from those who may override. */
async function walkIn(form, number, override = undefined) {
  const { check_in: _, ...terms } = form.terms();
  try {
    const made = await act(`rooms/${encodeURIComponent(number)}/add-guest/`, { ...terms, guest: form.person(), ...(override ? { override } : {}) });
    await showPin({ guest_name: nameOf(form), assigned_room_number: number }, made.pin);
    openBooking(made.booking_id, { reveal: true });
  } catch (error) {
    const dirty = error.body?.reasons?.length === 1 && error.body.reasons[0] === "not_clean";
    if (!dirty || override || !may("can_override_rules")) throw error;
    const reason = await askReason(t("action.check_in_dirty"), t("ask.check_in_dirty", { room: number }), t("action.check_in_dirty"), { kind: "danger" });
    if (reason !== null) await walkIn(form, number, { not_clean: reason });
  }
}

/** What a click or Enter on a free day of a room begins; nothing for those who may neither book nor close. */
export function openFreeDay(number, day) {
  if (may("can_manage_bookings") && day >= state.chart.today) openNewBooking(number, day);
  else if (may("can_manage_rooms")) askClosure(number, day);
}

