// Looking for a guest, a room or a booking: on the chart at once, in all bookings with Enter or a moment's pause.

import { act } from "./api.js";
import { openBooking } from "./booking.js";
import { moment, range } from "./dates.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { openRoom } from "./room.js";
import { state, tell } from "./state.js";

const PAUSE_MS = 250;

/** Return the search box; `go` shows other days. */
export function searchBox(grid, go) {
  const list = el("ul", { class: "hits", role: "listbox", id: "hits", "aria-label": t("search"), hidden: true });
  const input = el("input", { type: "search", placeholder: t("search_hint"), "aria-label": t("search"), role: "combobox", "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", value: state.searched ?? "" });
  let timer = null;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const found = (ids) => {
    state.found = ids;
    tell("look");
  };
  const showHits = (hits) => {
    list.replaceChildren(...hits.map(item));
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(Boolean(hits.length)));
  };
  const item = (hit, at) => {
    const made = el("li", { role: "option", id: `hit-${at}`, "aria-selected": "false" }, el("strong", {}, hit.title), el("span", { class: "muted small" }, hit.text));
    made.addEventListener("pointerdown", (event) => event.preventDefault());
    made.addEventListener("click", () => choose(hit));
    made.hit = hit;
    return made;
  };
  const choose = (hit) => {
    close();
    // What was looked for is found: no answer is awaited any more, and nothing else is to stay faint.
    clearTimeout(timer);
    asked += 1;
    input.value = state.searched = "";
    found(null);
    if (hit.room) {
      grid.moveTo(hit.room, Math.max(0, Math.min(state.chart.today - state.chart.first, state.chart.length - 1)));
      openRoom(hit.room);
      return;
    }
    reveal(grid, go, hit);
  };

  async function look() {
    const text = input.value.trim();
    state.searched = text;
    asked += 1;
    const mine = asked;
    if (text.length < 2) {
      found(null);
      showHits([]);
      return;
    }
    const rooms = state.chart.rooms.filter((room) => room.room_number.toLowerCase().startsWith(text.toLowerCase())).slice(0, 4).map((room) => ({ room: room.room_number, title: t("room", { room: room.room_number }), text: [state.chart.types.get(room.room_type)?.name, ...guestsIn(room.room_number)].filter(Boolean).join(" · ") }));
    found(rooms.length ? null : onChart(text));
    showHits(rooms);
    const told = await act("tape-chart/search/", { search: text }).catch(() => null);
    if (!told || mine !== asked) return;
    showHits([...rooms, ...told.results.map(hitOf)]);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    const options = [...list.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") {
      input.value = "";
      look();
      close();
      event.stopPropagation();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && options.length) {
      event.preventDefault();
      const next = options.at((at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
      options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
      input.setAttribute("aria-activedescendant", next.id);
    } else if (event.key === "Enter" && options.length) {
      choose(options[Math.max(at, 0)].hit);
    }
  });
  input.addEventListener("blur", close);
  return el("div", { class: "search" }, icon("search"), input, list);
}

/** Names of those who are in a room now, or come today. */
function guestsIn(number) {
  const now = ["in_house", "due_out", "due_in"];
  return state.chart.bars.get(number).filter((bar) => bar.kind === "stay" && now.includes(bar.booking.shown)).map((bar) => bar.booking.guest_name);
}

function onChart(text) {
  const wanted = text.toLowerCase();
  const match = (booking) => booking.guest_name.toLowerCase().includes(wanted) || booking.booking_id.toLowerCase().includes(wanted) || booking.group?.toLowerCase().includes(wanted);
  return new Set([...state.chart.bookings.values()].filter(match).map((booking) => booking.booking_id));
}

function hitOf(hit) {
  const dates = range(moment(hit.check_in), moment(hit.check_out));
  const where = hit.room_number ? t("room", { room: hit.room_number }) : t("no_room");
  return { ...hit, title: hit.guest_name, text: `${dates} · ${where} · ${t(`state.${hit.status}`)} · ${hit.booking_id}` };
}

/** Show a booking wherever it is: go to its days, to its bar, and open it. */
export async function reveal(grid, go, hit) {
  const day = moment(hit.check_in);
  if (day < state.chart.first || day >= state.chart.last) await go(day - 2, state.days);
  grid.show(hit.booking_id, { focus: false });
  openBooking(hit.booking_id);
}
