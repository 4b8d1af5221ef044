// The grid: an ARIA grid whose rows exist only while they can be seen. Its header stands above them, and stays.

import { el } from "./dom.js";
import { headElement, lanesOf } from "./head.js";
import { lineElement } from "./line.js";
import { t } from "./messages.js";
import { rowsOf, stopsOf } from "./rows.js";
import { on, state, tell } from "./state.js";

export const HEAD = 176; // width of the row heads, as in chart.css
const AHEAD = 320; // pixels drawn beyond the edges
const NARROWEST = { 14: 44, 31: 24, 60: 16 };

export class Grid {
  constructor(host) {
    this.host = host;
    this.rows = [];
    this.drawn = new Map();
    this.day = 30;
    host.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.fit()).observe(host);
    on("chart", () => this.draw());
    on("look", () => this.redraw());
  }

  /** Draw everything anew: other days, other rows, other data. What is in focus and in view stays so. */
  draw() {
    const { chart } = state;
    if (!chart) return;
    const focused = this.host.contains(document.activeElement);
    this.day = this.widthOfDay();
    this.lanes = lanesOf(chart);
    this.rows = rowsOf(chart);
    this.rowOf = new Map(this.rows.map((row) => [row.key, row]));
    this.drawn.clear();
    const width = HEAD + chart.length * this.day;
    this.head = headElement(this);
    this.body = el("div", { role: "rowgroup", class: "body" }, this.columns());
    this.body.style.height = `${this.rows.length ? this.rows.at(-1).top + this.rows.at(-1).height : 0}px`;
    for (const part of [this.head, this.body]) part.style.width = `${width}px`;
    // Heads that stay while the days scroll are dear to draw: only where the days do not fit.
    this.host.classList.toggle("sideways", width > this.host.clientWidth + 1);
    this.host.classList.toggle("dense", this.day < 24);
    this.host.style.setProperty("--day", `${this.day}px`);
    this.host.setAttribute("aria-label", t("grid", { hotel: chart.hotel.name }));
    this.host.setAttribute("aria-rowcount", String(this.rows.length + 4));
    this.host.setAttribute("aria-colcount", String(chart.length + 1));
    const { scrollLeft, scrollTop } = this.host;
    this.host.replaceChildren(this.head, this.body);
    if (!this.rows.length) this.body.append(el("div", { role: "row" }, el("div", { role: "gridcell", class: "nothing" }, t("no_rows"))));
    this.host.scrollLeft = scrollLeft;
    this.host.scrollTop = scrollTop;
    this.keepCursor();
    this.window(0);
    this.schedule();
    if (focused) this.focusCursor({ scroll: false });
    tell("drawn");
  }

  /** Draw the visible rows anew: the same data in another look (selected, carried, suggested, ghosts). */
  redraw() {
    if (!state.chart || !this.body) return;
    const focused = this.body.contains(document.activeElement);
    for (const line of this.drawn.values()) line.remove();
    this.drawn.clear();
    this.window();
    if (focused) this.focusCursor({ scroll: false });
  }

  widthOfDay() {
    const room = this.host.clientWidth - HEAD;
    return Math.max(NARROWEST[state.days] ?? 24, room / state.chart.length);
  }

  fit() {
    if (state.chart && this.widthOfDay() !== this.day) this.draw();
    else this.schedule();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = null;
      this.window();
    });
  }

  /** Make the rows that can be seen, and remove those that no longer can; the row with the cursor is always there. */
  window(ahead = AHEAD) {
    if (!this.body) return;
    const top = this.host.scrollTop - ahead;
    const bottom = this.host.scrollTop + this.host.clientHeight + ahead;
    const wanted = new Set();
    for (let at = this.firstBelow(top); at < this.rows.length && this.rows[at].top < bottom; at += 1) wanted.add(this.rows[at]);
    const kept = this.rowOf.get(state.cursor?.key);
    if (kept) wanted.add(kept);
    for (const [row, line] of this.drawn) {
      if (!wanted.has(row)) {
        line.remove();
        this.drawn.delete(row);
      }
    }
    const made = [];
    for (const row of wanted) {
      if (this.drawn.has(row)) continue;
      const line = lineElement(this, row);
      this.drawn.set(row, line);
      made.push(line);
    }
    this.body.append(...made);
    this.markCursor();
  }

  firstBelow(top) {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].top + this.rows[middle].height < top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Stripes behind the rows: days, weekends and today; once for all rows, since a pattern in each is dear to draw. */
  columns() {
    const { chart } = state;
    const stripes = [];
    for (let day = 0; day < chart.length; day += 1) {
      const weekday = (chart.first + day + 4) % 7; // day 0 was a Thursday
      stripes.push(this.stripe("day-line", day, 1));
      if (weekday % 6 === 0) stripes.push(this.stripe("weekend", day, this.day));
    }
    const today = chart.today - chart.first;
    if (today >= 0 && today < chart.length) stripes.push(this.stripe("today", today, this.day));
    return el("div", { class: "columns", "aria-hidden": "true" }, stripes);
  }

  stripe(name, day, width) {
    const made = el("div", { class: name });
    made.style.left = `${HEAD + day * this.day}px`;
    made.style.width = `${width}px`;
    return made;
  }

  /** What the keyboard stops at in a row. */
  stops(row) {
    if (!row) return [];
    if (row.kind === "group") return [{ col: 0, span: state.chart.length, bar: null }];
    row.stops ??= stopsOf(state.chart, row.room);
    return row.stops;
  }

  /** The stop at the cursor. */
  stopAt(cursor = state.cursor) {
    const stops = this.stops(this.rowOf?.get(cursor?.key));
    return stops.find((stop) => stop === cursor.stop) ?? stops.find((stop) => stop.col <= cursor.col && cursor.col < stop.col + stop.span) ?? stops.at(-1);
  }

  keepCursor() {
    const { chart } = state;
    if (!state.cursor || !this.rowOf.has(state.cursor.key)) {
      const first = this.rows.find((row) => row.kind === "room");
      state.cursor = first ? { key: first.key, col: Math.max(0, Math.min(chart.today - chart.first, chart.length - 1)) } : null;
    } else {
      state.cursor.col = Math.min(state.cursor.col, chart.length - 1);
      delete state.cursor.stop;
    }
  }

  /** Give the element at the cursor, and no other, a place in the order of the Tab key. */
  markCursor() {
    this.body?.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    const target = this.cursorElement();
    if (target) target.tabIndex = 0;
  }

  cursorElement() {
    if (!state.cursor) return null;
    const row = this.rowOf.get(state.cursor.key);
    const line = this.drawn.get(row);
    if (!line) return null;
    if (row.kind === "group") return line.querySelector("button");
    const stop = this.stopAt();
    if (stop.head) return line.querySelector(".row-head");
    if (stop.bar) return line.elements.get(stop.bar);
    return line.emptyCell(stop.col);
  }

  /** Put the cursor somewhere and the focus with it. */
  moveTo(key, col, stop = null) {
    state.cursor = { key, col, stop };
    const row = this.rowOf.get(key);
    this.reveal(row);
    this.window();
    this.focusCursor();
  }

  focusCursor({ scroll = true } = {}) {
    this.markCursor();
    const target = this.cursorElement();
    target?.focus({ preventScroll: true });
    if (scroll && state.cursor) this.revealDay(state.cursor.col);
  }

  /** Scroll so that a row can be seen below the header. */
  reveal(row) {
    if (!row) return;
    const head = this.head.offsetHeight;
    const room = this.host.clientHeight - head;
    if (row.top < this.host.scrollTop) this.host.scrollTop = row.top;
    else if (row.top + row.height > this.host.scrollTop + room) this.host.scrollTop = row.top + row.height - room + 2;
  }

  revealDay(col) {
    const left = col * this.day;
    const room = this.host.clientWidth - HEAD;
    if (left < this.host.scrollLeft) this.host.scrollLeft = left;
    else if (left + this.day > this.host.scrollLeft + room) this.host.scrollLeft = left + this.day - room;
  }

  /** Show a booking: scroll to its bar and put the cursor there. False if it is not on the chart. */
  show(bookingId, { focus = true } = {}) {
    const booking = state.chart.bookings.get(bookingId);
    const place = booking && state.chart.place(booking);
    const row = place && this.rowOf.get(place.room_number);
    if (!row) return false;
    const stop = this.stops(row).find((each) => each.bar?.booking === booking && each.bar.kind === "stay");
    if (!stop) return false;
    const middle = row.top - (this.host.clientHeight - this.head.offsetHeight) / 2;
    if (row.top < this.host.scrollTop || row.top > this.host.scrollTop + this.host.clientHeight - this.head.offsetHeight - row.height) this.host.scrollTop = Math.max(0, middle);
    state.cursor = { key: row.key, col: stop.col, stop };
    this.window();
    this.revealDay(stop.col);
    if (focus) this.focusCursor();
    return true;
  }

  /** The row under a point of the window, or null. */
  rowAt(clientY) {
    const box = this.host.getBoundingClientRect();
    const inside = clientY - box.top - this.head.offsetHeight;
    if (inside < 0 || clientY > box.bottom) return null;
    const y = inside + this.host.scrollTop;
    const row = this.rows[this.firstBelow(y)];
    return row && row.top <= y ? row : null;
  }
}
