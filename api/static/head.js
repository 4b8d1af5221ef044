// Above the rows: the days, how many rooms are free, and the bookings without a room in lanes of their own.

import { looseElement } from "./bars.js";
import { dayOfMonth, isWeekend, longDay, month, weekday } from "./dates.js";
import { el, rove } from "./dom.js";
import { plural, t } from "./messages.js";
import { openUnassigned } from "./lists.js";
import { state } from "./state.js";

const MOST_LANES = 3;

/** Arrange the bookings without a room in lanes: `{lanes: [[booking, lane]], hidden}`; what is too much is in the list. */
export function lanesOf(chart) {
  const ends = [];
  const placed = [];
  let hidden = 0;
  const periods = chart.unassigned.map((booking) => [booking, ...chart.period(booking)]).sort((a, b) => a[1] - b[1]);
  for (const [booking, start, end] of periods) {
    let lane = ends.findIndex((free) => free <= start);
    if (lane < 0) lane = ends.length;
    if (lane >= MOST_LANES) {
      hidden += 1;
      continue;
    }
    ends[lane] = end;
    placed.push([booking, lane]);
  }
  return { placed, count: ends.length, hidden };
}

/** Return the header of the grid. */
export function headElement(grid) {
  const { chart } = state;
  return el("div", { role: "rowgroup", class: "head" }, daysRow(chart, grid.day), freeRow(chart), ...roomlessRows(chart, grid));
}

function row(index, name, label, cells) {
  return el("div", { role: "row", class: `head-row ${name}`, "aria-rowindex": index }, el("div", { role: index === 1 ? "columnheader" : "rowheader", class: "corner" }, label), cells);
}

function place(element, day, width = 1) {
  element.style.left = `calc(${day} * var(--day))`;
  if (width !== 1) element.style.width = `calc(${width} * var(--day))`;
  return element;
}

function eachDay(chart, make) {
  return Array.from({ length: chart.length }, (_, day) => place(make(chart.first + day, day), day));
}

const LETTER_BELOW = 30; // pixels: narrower days have no room for more of the weekday

function daysRow(chart, width) {
  const cells = eachDay(chart, (day, at) => {
    const classes = ["day", isWeekend(day) && "weekend", day === chart.today && "is-today", (at === 0 || dayOfMonth(day) === 1) && "begins"].filter(Boolean).join(" ");
    const begins = at === 0 || dayOfMonth(day) === 1;
    return el(
      "div",
      { role: "columnheader", class: classes, "aria-colindex": at + 2, "aria-label": longDay(day), "aria-current": day === chart.today ? "date" : null },
      begins && el("span", { class: "month" }, month(day)),
      el("span", { class: "weekday" }, weekday(day).slice(0, width < LETTER_BELOW ? 1 : 3)),
      el("span", { class: "date" }, String(dayOfMonth(day))),
    );
  });
  const corner = [el("span", { class: "business-date", title: t("business_date") }, longDay(chart.today)), el("span", {}, t("rooms"))];
  return row(1, "days", corner, cells);
}

function freeRow(chart) {
  const counts = chart.free().get("total");
  const cells = eachDay(chart, (day, at) =>
    el("div", { role: "gridcell", class: `count${counts[at] <= 0 ? " none" : ""}`, "aria-colindex": at + 2, "aria-label": t("free_on", { n: counts[at], day: longDay(day) }) }, String(counts[at])),
  );
  return row(2, "free", t("free"), cells);
}

function roomlessRows(chart, grid) {
  const counts = chart.roomless();
  const urgent = chart.waiting.length ? " urgent" : "";
  if (!chart.unassigned.length) return [];
  const cells = eachDay(chart, (day, at) => {
    const cell = el("div", { role: "gridcell", class: "count", "aria-colindex": at + 2 });
    if (counts.all[at]) {
      const label = t("roomless_on", { n: counts.all[at], waiting: counts.waiting[at], day: longDay(day) });
      const look = counts.waiting[at] ? "roomless-count urgent" : "roomless-count";
      cell.append(el("button", { type: "button", class: look, tabindex: "-1", "aria-label": label, on: { click: () => openUnassigned(day) } }, String(counts.all[at])));
    }
    return cell;
  });
  rove(cells.map((cell) => cell.firstElementChild).filter(Boolean));
  const { placed, count, hidden } = grid.lanes;
  const bars = placed.map(([booking, lane]) => looseElement(chart, booking, lane, grid.day));
  rove(bars);
  const lanes = el("div", { role: "gridcell", class: "lanes", "aria-colindex": 2, "aria-colspan": chart.length, "aria-label": t("without_room") }, bars);
  lanes.style.height = `${count * 26 + 4}px`;
  const more = hidden ? el("button", { type: "button", class: "link", on: { click: () => openUnassigned() } }, plural("more", hidden)) : null;
  return [row(3, `roomless${urgent}`, t("without_room"), cells), row(4, `loose-row${urgent}`, el("span", { class: "lane-note" }, t(urgent ? "drag_in" : "all_unconfirmed"), " ", more), [lanes])];
}
