// Why a booking has no room, and the ways out that the service has tried, cheapest first, as buttons.

import { act, ofBooking, read } from "./api.js";
import { endClosure } from "./actions.js";
import { bookingOf } from "./beyond.js";
import { button, el } from "./dom.js";
import { plural, t } from "./messages.js";
import { moveBooking } from "./move.js";
import { said } from "./sentences.js";
import { makeRoom } from "./rivals.js";
import { may, state } from "./state.js";
import { complain, toast } from "./toast.js";

/** Return a box that asks why a booking has no room when it is opened; null for one that has a room or needs none. */
export function whyNoRoom(detail) {
  if (detail.assigned_room_number || !["CONFIRMED", "CHECKED_IN"].includes(detail.status)) return null;
  const box = el("div", { class: "why", role: "status" }, el("p", { class: "muted" }, t("why.asking")));
  ask(box, detail);
  return box;
}

async function ask(box, detail) {
  try {
    const told = await read(ofBooking(detail.booking_id, "explain/"));
    box.replaceChildren(...answer(told, detail).filter(Boolean));
  } catch (error) {
    box.replaceChildren(el("p", {}, said(error.message)));
  }
}

function answer(told, detail) {
  if (told.state === "fits") {
    if (!told.moves.length) return [el("strong", {}, t("why.free", { room: told.room_number })), button(t("suggest.take", { room: told.room_number }), () => moveBooking(detail, told.room_number), { kind: "primary" })];
    return [el("strong", {}, t("why.fits", { room: told.room_number, n: plural("stays", told.moves.length) })), movesOf(told.moves), makeRoomButton(detail, told.room_number)];
  }
  const things = told.conflict.map((each) => el("li", {}, thing(each)));
  const ways = told.ways_out.map((way) => wayOut(way, detail));
  return [
    el("strong", {}, t("why.title")),
    told.why && el("p", {}, said(told.why.message)),
    things.length ? el("details", {}, el("summary", {}, t("why.things", { n: things.length })), el("ul", { class: "plain" }, things)) : null,
    ways.length ? el("h3", {}, t("why.ways")) : el("p", {}, t("why.no_way")),
    ways.length ? el("ul", { class: "plain ways" }, ways) : null,
  ];
}

const guestOf = (id) => bookingOf(id)?.guest_name ?? id;

function thing({ kind, id, room_number: room }) {
  return t(`why.${kind}`, { what: kind === "rule" ? t(`why.rule_${id.split(":")[0]}`) : guestOf(id), room: room ?? "" });
}

function movesOf(moves) {
  return el("ul", { class: "plain small" }, moves.map((move) => el("li", {}, `${guestOf(move.booking_id)}: ${move.from_room} → ${move.to_room}`)));
}

function makeRoomButton(detail, room) {
  if (!may("can_run_allocation")) return null;
  return button(t("why.propose"), () => makeRoom(detail, room), { kind: "primary" });
}

/** A way out: what it says, who moves for it, and, where one step does it, the button for that step. */
function wayOut(way, detail) {
  return el("li", {}, el("span", {}, said(way.message)), way.moves.length ? movesOf(way.moves) : null, el("span", { class: "muted small" }, t("cost", { n: way.cost })), stepOf(way, detail));
}

function stepOf(way, detail) {
  if (way.way === "unlock" && may("can_assign_rooms")) {
    return button(t("why.unlock", { guest: guestOf(way.subject) }), () => act(ofBooking(way.subject, "unlock/")).then(() => toast(t("done.unlock", { guest: guestOf(way.subject) }), { kind: "good" })).catch(complain));
  }
  if (way.way === "end_closure" && may("can_manage_rooms")) {
    const bar = [...state.chart.bars.values()].flat().find((each) => each.closure?.id === way.subject);
    return bar ? button(t("closure.end"), () => endClosure(bar.closure)) : null;
  }
  if (way.rooms.length === 1 && !way.moves.length) return button(t("suggest.take", { room: way.rooms[0] }), () => moveBooking(detail, way.rooms[0]));
  return null;
}
