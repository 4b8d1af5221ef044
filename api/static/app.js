// Where the page begins: who is there, which hotel, which days; then the chart, kept up to date.

import { onSignedOut, readChart } from "./api.js";
import { forgetAll } from "./beyond.js";
import { openBooking } from "./booking.js";
import { hideCard, installCard, showCard } from "./card.js";
import { Chart } from "./chart.js";
import { openClosure } from "./closures.js";
import { iso, moment } from "./dates.js";
import { installDrag } from "./drag.js";
import { el } from "./dom.js";
import { Grid } from "./grid.js";
import { installKeyboard } from "./keyboard.js";
import { watch } from "./live.js";
import { onLanguage, t } from "./messages.js";
import { onMoved } from "./move.js";
import { openFreeDay } from "./newbooking.js";
import { closePanel, redrawPanel } from "./panel.js";
import { applyTheme, preference } from "./prefs.js";
import { openRoom } from "./room.js";
import { runMoved } from "./runs.js";
import { signOut, whoIsHere } from "./session.js";
import { showInvitation, showSignIn } from "./signin.js";
import { begin, state, tell } from "./state.js";
import { announce, complain, toast } from "./toast.js";
import { lineState, toolbar } from "./toolbar.js";

let grid = null;
let bar = null;
let stopWatching = () => {};
let wanted = null; // the days asked for last
let reading = null;
let latest = null;
let again = null;

async function start() {
  applyTheme();
  state.days = preference("days", 31);
  state.groupBy = preference("groupBy", "type");
  onSignedOut(() => leave({ said: t("signed_out_meanwhile") }));
  onMoved(() => refresh());
  onLanguage(() => state.chart && showHotel());
  const code = /^#invitation=(.+)$/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, "", location.pathname); // nobody finds it there later
    showInvitation(() => enter(), code);
    return;
  }
  await enter();
}

/** Show the hotel of the address to whoever is signed in, or the sign-in page. */
async function enter(slug = null) {
  stopWatching();
  try {
    state.session = await whoIsHere();
  } catch (error) {
    showSignIn(() => enter(), error.status === 0 ? t("offline") : error.message);
    return;
  }
  if (!state.session) {
    showSignIn(() => enter());
    return;
  }
  const hotels = state.session.hotels;
  const asked = slug ?? /^\/hotels\/([^/]+)\//.exec(location.pathname)?.[1];
  const hotel = hotels.find((each) => each.slug === asked) ?? hotels[0];
  if (!hotel) {
    document.getElementById("app").replaceChildren(el("main", { class: "welcome" }, el("p", {}, t("no_hotel"))));
    return;
  }
  begin(hotel.slug);
  history.replaceState(null, "", `/hotels/${hotel.slug}/${location.search}`);
  const from = new URLSearchParams(location.search).get("from");
  await load(from && /^\d{4}-\d\d-\d\d$/.test(from) ? moment(from) : null, state.days);
  if (!state.chart) return;
  showHotel();
  stopWatching = watch(told, connected);
}

async function leave({ said = "" } = {}) {
  stopWatching();
  closePanel();
  hideCard();
  document.querySelector("dialog[open]")?.close();
  state.session = state.chart = state.text = state.found = state.run = state.searched = null;
  forgetAll();
  // Nothing of a guest is left behind on the screen, nor in what is no longer seen of the page.
  for (const id of ["toasts", "announcer", "paper", "card"]) document.getElementById(id).replaceChildren();
  if (!said) await signOut().catch(() => {});
  showSignIn(() => enter(), said);
}

function showHotel() {
  closePanel();
  document.title = `${state.chart.hotel.name} – Keyrack`;
  const host = el("div", { class: "chart", role: "grid" });
  const panel = el("aside", { id: "panel", class: "panel", "aria-labelledby": "panel-title", hidden: true });
  grid = new Grid(host);
  host.grid = grid;
  bar = toolbar(grid, { go, leave: () => leave(), enter });
  const kept = document.activeElement?.dataset.keep;
  document.getElementById("app").replaceChildren(bar.host, el("main", { class: "work" }, host, panel));
  if (kept) keepFocus(bar.host.querySelector(`[data-keep=${kept}]`));
  grid.draw();
  scrollToToday();
  installDrag(grid);
  installKeyboard(grid, open);
  installPointer(host);
}

/** The focus stays on what has led here, in another hotel or in another language. */
function keepFocus(target) {
  const box = target.closest("details");
  if (box) box.open = true;
  target.focus();
}

function scrollToToday() {
  const { chart } = state;
  const today = chart.today - chart.first;
  if (today > 0 && today < chart.length) grid.revealDay(Math.max(0, today - 1));
}

function open(stop, row) {
  if (stop.head) openRoom(row.key);
  else if (stop.bar?.booking) openBooking(stop.bar.booking.booking_id);
  else if (stop.bar) openClosure(stop.bar);
  else openFreeDay(row.key, state.chart.first + stop.col);
}

function barOf(element) {
  const line = element.closest(".line");
  for (const [bar, made] of line?.elements ?? []) if (made === element) return bar;
  const booking = state.chart.bookings.get(element.dataset.booking);
  return booking && { kind: "stay", booking, place: state.chart.place(booking) };
}

function installPointer(host) {
  host.addEventListener("click", (event) => {
    const element = event.target.closest(".bar");
    if (element) {
      hideCard();
      const bar = barOf(element);
      open({ bar });
      return;
    }
    const head = event.target.closest(".room-line .row-head");
    if (head) {
      openRoom(head.parentElement.dataset.row);
      return;
    }
    const cells = event.target.closest(".room-line .cells");
    const row = cells && grid.rowAt(event.clientY);
    if (row?.kind === "room") openFreeDay(row.key, state.chart.first + Math.floor((event.clientX - cells.getBoundingClientRect().left) / grid.day));
  });
  let under = null; // the bar under the pointer, once that has moved: a bar that comes to lie under it is not meant
  const over = (event) => {
    const element = event.target.closest?.(".bar");
    if (element && element !== under) showCard(element, barOf(element));
    under = element;
  };
  host.addEventListener("pointermove", (event) => event.pointerType !== "touch" && over(event));
  host.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && over(event));
  host.addEventListener("pointerout", (event) => {
    under = null;
    if (event.target.closest(".bar")) hideCard({ soon: true });
  });
  host.addEventListener("focusout", () => hideCard());
  host.addEventListener("scroll", () => hideCard(), { passive: true });
}

/** Show other days. */
async function go(from, days) {
  await load(from, days);
  const address = new URL(location.href);
  address.searchParams.set("from", iso(state.from));
  history.replaceState(null, "", address);
}

/** Read the chart of some days, by default from the business date on; the last one asked for wins, and all wait for it. */
async function load(from, days) {
  wanted = { from, days };
  reading?.abort();
  reading = new AbortController();
  latest = readDays(from, days, reading.signal);
  let awaited;
  do {
    awaited = latest;
    await awaited;
  } while (awaited !== latest);
}

async function readDays(from, days, signal) {
  try {
    let text = await readChart(from, from === null ? null : from + days, { signal });
    if (text === state.text && state.chart) return; // nothing that the chart shows has changed
    let chart = new Chart(JSON.parse(text));
    if (chart.length !== days) {
      text = await readChart(chart.first, chart.first + days, { signal });
      chart = new Chart(JSON.parse(text));
    }
    state.text = text;
    state.from = chart.first;
    state.days = days;
    state.chart = chart;
    changed();
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  }
}

/** Read again the days that were asked for last: a change that comes while other days are read must not undo the choice. */
async function refresh() {
  if (!state.chart || state.carried) {
    again ??= setTimeout(() => {
      again = null;
      refresh();
    }, 400);
    return;
  }
  await load(wanted.from ?? state.from, wanted.days);
}

function changed() {
  if (!grid) return;
  bar.update();
  tell("chart");
  redrawPanel();
}

let soon = null;

function told(event, data) {
  if (event === "run") runMoved(data.run_id);
  if (event !== "plan") return;
  clearTimeout(soon);
  soon = setTimeout(refresh, 120);
}

function connected(online) {
  if (state.online === online) return;
  state.online = online;
  document.querySelector(".line-state")?.replaceChildren(...lineState().childNodes);
  if (online) toast(t("line_back"), { kind: "good" });
  else announce(t("line_lost"));
}

installCard();
start();
