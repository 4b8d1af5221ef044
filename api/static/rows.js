// The rows of the chart from top to bottom: groups with their rooms, after the filters.

import { t } from "./messages.js";
import { state } from "./state.js";

export const ROW = 32;
export const GROUP_ROW = 28;
export const BED = 22;

/** Height of a room's row: a dorm has a lane for each bed. */
export const heightOf = (room) => (room.beds > 1 ? room.beds * BED + 6 : ROW);

/** Return the rows to show: `{key, kind, top, height}` with `title` and `type` of a group, or the `room`. */
export function rowsOf(chart) {
  const rooms = chart.rooms.filter((room) => passes(chart, room));
  const groups = new Map();
  for (const room of rooms) {
    const key = state.groupBy === "type" ? room.room_type : `${room.building}#${room.floor}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(room);
  }
  const keys = [...groups.keys()];
  const dorm = (key) => groups.get(key).every((room) => room.beds > 1);
  if (state.groupBy === "type") keys.sort((a, b) => dorm(a) - dorm(b));
  if (state.groupBy === "floor") keys.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const rows = [];
  let top = 0;
  const add = (row, height) => {
    rows.push({ ...row, top, height, index: rows.length });
    top += height;
  };
  for (const key of keys) {
    const inGroup = groups.get(key);
    const byFloor = state.groupBy === "floor";
    if (byFloor) inGroup.sort((a, b) => a.position - b.position || a.room_number.localeCompare(b.room_number, undefined, { numeric: true }));
    const title = byFloor ? floorName(inGroup[0]) : (chart.types.get(key)?.name ?? key);
    const open = !state.collapsed.has(key);
    add({ key: `group:${key}`, kind: "group", group: key, title, count: inGroup.length, type: byFloor ? null : key, open }, GROUP_ROW);
    if (open) for (const room of inGroup) add({ key: room.room_number, kind: "room", room }, heightOf(room));
  }
  return rows;
}

function floorName(room) {
  const floor = t("floor", { floor: room.floor });
  return room.building ? `${room.building}, ${floor}` : floor;
}

function passes(chart, room) {
  const { type, floor, feature } = state.filters;
  return (
    (!type || room.room_type === type) &&
    (floor === "" || room.floor === Number(floor)) &&
    (!feature || room.features.includes(feature))
  );
}

/** Tell whether a bar is one of those that the filters and the search ask for; the others are shown faintly. */
export function stands(bar) {
  const { status } = state.filters;
  if (status && statusOfBar(bar) !== status) return false;
  return !state.found || (bar.booking && state.found.has(bar.booking.booking_id));
}

/** Name of the look of a bar. */
export function statusOfBar(bar) {
  if (bar.kind === "hold") return "hold";
  if (bar.kind === "closure") return bar.closure.kind.toLowerCase();
  return bar.booking.shown;
}

/**
 * Return what the keyboard stops at in a room's row, from left to right: its number, every bar, every day without one.
 *
 * A stop covers `span` days from `col`: those whose night the bar takes.
 */
export function stopsOf(chart, room) {
  const stops = [{ col: -1, span: 1, bar: null, head: true }];
  let col = 0;
  for (const bar of chart.bars.get(room.room_number)) {
    const from = Math.max(0, Math.floor(bar.start) - chart.first);
    const to = Math.min(chart.length, Math.max(from + 1, Math.floor(bar.end) - chart.first));
    if (to <= 0 || from >= chart.length) continue;
    for (; col < from; col += 1) stops.push({ col, span: 1, bar: null });
    stops.push({ col: from, span: to - from, bar });
    col = Math.max(col, to);
  }
  for (; col < chart.length; col += 1) stops.push({ col, span: 1, bar: null });
  return stops;
}
