// A row of the grid as an element: a group with its free rooms, or a room with its bars.

import { barElement } from "./bars.js";
import { longDay } from "./dates.js";
import { el } from "./dom.js";
import { ghostsIn } from "./ghosts.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { state, tell } from "./state.js";

/** Return the element of a row. A room's has `elements` (by bar) and `emptyCell(col)` for the keyboard. */
export function lineElement(grid, row) {
  const line = row.kind === "group" ? groupLine(row) : roomLine(grid, row);
  line.style.top = `${row.top}px`;
  line.style.height = `${row.height}px`;
  return line;
}

function groupLine(row) {
  const { chart } = state;
  const toggle = () => {
    if (row.open) state.collapsed.add(row.group);
    else state.collapsed.delete(row.group);
    tell("chart");
  };
  const title = el(
    "button",
    { type: "button", class: "group-toggle", tabindex: "-1", "aria-expanded": String(row.open), on: { click: toggle } },
    icon(row.open ? "down" : "right", 10),
    el("span", { class: "group-title" }, row.title),
    el("span", { class: "group-count" }, String(row.count)),
  );
  const counts = row.type ? (chart.free().get(row.type) ?? []) : [];
  const cells = counts.map((count, at) => {
    const label = t("free_of_on", { n: count, type: row.title, day: longDay(chart.first + at) });
    const cell = el("div", { role: "gridcell", class: `count${count <= 0 ? " none" : ""}`, "aria-colindex": at + 2, "aria-label": label }, String(count));
    cell.style.left = `calc(${at} * var(--day))`;
    return cell;
  });
  return el("div", { role: "row", class: "line group-line", "aria-rowindex": row.index + 5, data: { row: row.key } }, el("div", { role: "rowheader", class: "row-head" }, title), el("div", { class: "cells", role: "presentation" }, cells));
}

function roomLine(grid, row) {
  const { chart } = state;
  const cells = el("div", { class: "cells", role: "presentation" });
  const line = el("div", { role: "row", class: "line room-line", "aria-rowindex": row.index + 5, data: { row: row.key, ...(row.room.beds > 1 ? { dorm: "1" } : {}) } }, roomHead(row.room), cells);
  line.elements = new Map();
  for (const stop of grid.stops(row)) {
    if (!stop.bar) continue;
    const made = barElement(chart, stop.bar, row, grid.day);
    made.setAttribute("aria-colindex", stop.col + 2);
    if (stop.span > 1) made.setAttribute("aria-colspan", stop.span);
    line.elements.set(stop.bar, made);
    cells.append(made);
  }
  cells.append(...ghostsIn(chart, row, grid.day));
  line.emptyCell = (col) => {
    const there = cells.querySelector(".empty");
    if (there?.dataset.col === String(col)) return there; // it may have the focus
    there?.remove();
    const label = t("empty_cell", { room: row.key, day: longDay(chart.first + col) });
    const made = el("div", { role: "gridcell", class: "empty", tabindex: "-1", "aria-colindex": col + 2, "aria-label": label, data: { col } });
    made.style.left = `${col * grid.day}px`;
    cells.append(made);
    return made;
  };
  const judged = state.carried?.judged.get(row.key);
  if (judged) line.classList.add(`drop-${judged.verdict}`);
  if (state.carried?.target === row.key) line.classList.add("drop-here");
  return line;
}

function roomHead(room) {
  const { chart } = state;
  const suggestion = state.suggested?.rooms.get(room.room_number);
  const dirty = ["DIRTY", "PICKUP"].includes(room.housekeeping_status);
  const said = [
    chart.types.get(room.room_type)?.name,
    t("floor", { floor: room.floor }),
    t("sleeps", { n: room.sleeps }),
    room.features.join(", "),
    t(`housekeeping.${room.housekeeping_status}`),
    suggestion && `${t(`fit.${suggestion.fit}`)}, ${t("cost", { n: suggestion.total })}`,
  ].filter(Boolean);
  return el(
    "div",
    { role: "rowheader", class: "row-head", tabindex: "-1", "aria-colindex": 1, title: said.join("\n"), "aria-label": [t("room", { room: room.room_number }), ...said].join(", ") },
    el("span", { class: "room-number" }, room.room_number),
    dirty && el("span", { class: "dirty" }, icon("dirty", 11)),
    suggestion
      ? el("span", { class: `fit fit-${suggestion.fit}` }, t(`fit.${suggestion.fit}`), el("small", {}, `${suggestion.total < 0 ? "" : "+"}${suggestion.total}`))
      : el("span", { class: "room-type" }, room.room_type),
  );
}
