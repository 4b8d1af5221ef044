// Whether a booking could go to a room, told at once while a bar is on its way. The service decides when it is dropped.

import { t } from "./messages.js";

/**
 * Judge a room for a booking.
 *
 * `verdict`: `own` (it is there), `good`, `upgrade` (possible, higher than booked), `taken` (others would have to go),
 * `override` (only by name and with a reason) or `no`. `reason` says why in words, `rivals` are the bookings there.
 */
export function judge(chart, booking, number) {
  const room = chart.roomOf.get(number);
  if (chart.room(booking) === number) return { verdict: "own", reason: t("judge.own"), rivals: [] };
  if (!room.active) return { verdict: "no", reason: t("judge.inactive"), rivals: [] };
  const [start, end] = chart.period(booking);
  const there = [number, ...room.parts, chart.suiteOf.get(number)]
    .filter(Boolean)
    .flatMap((each) => chart.inTheWay(each, start, end, booking));
  const closure = there.find((bar) => bar.kind === "closure");
  if (closure) return { verdict: "no", reason: t("judge.closed", { reason: closure.closure.reason || closure.closure.kind }), rivals: [] };
  const misfit = misfits(chart, booking, room);
  const rivals = [...new Set(there.map((bar) => bar.booking))];
  const beds = room.beds > 1 ? room.beds - new Set(there.map((bar) => bar.bed)).size : Number(rivals.length === 0);
  if (beds < 1) {
    return { verdict: "taken", reason: t("judge.taken", { guest: rivals[0].guest_name, id: rivals[0].booking_id }), rivals };
  }
  if (misfit) return { verdict: "override", reason: misfit, rivals: [] };
  const steps = chart.upgrade(booking, number);
  if (steps > 0) return { verdict: "upgrade", reason: t("judge.upgrade", { type: typeName(chart, room) }), rivals: [] };
  return { verdict: "good", reason: t("judge.good"), rivals: [] };
}

function misfits(chart, booking, room) {
  if (booking.allowed_rooms && !booking.allowed_rooms.includes(room.room_number)) return t("judge.not_allowed");
  if (chart.upgrade(booking, room.room_number) < 0) return t("judge.lower", { type: typeName(chart, room) });
  const peers = chart.types.get(booking.room_type)?.rank === chart.types.get(room.room_type)?.rank;
  if (peers && room.room_type !== booking.room_type) return t("judge.other_type", { type: typeName(chart, room) });
  if (room.beds === 1 && booking.party > room.sleeps) return t("judge.small", { sleeps: room.sleeps, party: booking.party });
  const missing = booking.needs.filter((need) => !room.features.includes(need));
  if (missing.length) return t("judge.lacks", { needs: missing.join(", ") });
  if (["female", "male"].includes(room.gender) && booking.gender !== room.gender) return t(`judge.only_${room.gender}`);
  return null;
}

const typeName = (chart, room) => chart.types.get(room.room_type)?.name ?? room.room_type;
