// The bar at the top: which hotel, which days, what to look for, and the way to everything else.

import { iso, moment, range } from "./dates.js";
import { button, choice, el, field, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { askClosure } from "./closures.js";
import { openGroups } from "./groups.js";
import { openLegend, STATUSES } from "./legend.js";
import { openToday, openUnassigned } from "./lists.js";
import { LANGUAGES, language, setLanguage, t } from "./messages.js";
import { prefer, switchTheme } from "./prefs.js";
import { openNewBooking } from "./newbooking.js";
import { openRuns } from "./runs.js";
import { searchBox } from "./search.js";
import { may, state, tell } from "./state.js";

const ZOOMS = [14, 31, 60];

/** Return the bar; `go(from, days)` shows other days, `leave` signs out, `enter(slug)` goes to another hotel. */
export function toolbar(grid, { go, leave, enter }) {
  const span = daysBar(go);
  const host = el("header", { class: "toolbar" }, top(grid, { go, leave, enter }), span.host, lineState());
  /** Other data, perhaps of other days. Nothing is drawn anew that somebody may be typing in. */
  const update = () => {
    span.update();
    host.querySelector("[data-waiting]").replaceWith(waitingButton());
  };
  return { host, update };
}

/** How the line is: a bar of its own while it is broken. */
export function lineState() {
  return el("p", { class: "line-state", role: "status" }, state.online ? "" : [icon("warning", 14), " ", t("line_lost")]);
}

function waitingButton() {
  const waiting = state.chart.waiting.length;
  return button(t("without_room"), () => openUnassigned(), { kind: waiting ? "counted" : "", icon: waiting ? el("b", { class: "count-badge" }, String(waiting)) : null, data: { waiting } });
}

function top(grid, { go, leave, enter }) {
  const { chart, session } = state;
  const hotels = session.hotels.map((hotel) => [hotel.slug, hotel.name]);
  return el("div", { class: "bar-row" },
    el("h1", { class: "brand" }, icon("key", 18), el("span", {}, "Keyrack")),
    hotels.length > 1 ? choice(hotels, state.slug, enter, { "aria-label": t("hotel"), class: "hotel", data: { keep: "hotel" } }) : el("span", { class: "hotel" }, chart.hotel.name),
    el("nav", { class: "menu", "aria-label": t("views") },
      button(t("today_button"), openToday),
      waitingButton(),
      may("can_manage_bookings") ? button(t("new.button"), () => openNewBooking(), { icon: icon("plus", 11) }) : null,
      button(t("groups"), openGroups),
      may("can_manage_rooms") ? button(t("closure.title"), () => askClosure()) : null,
      button(t("run.title"), openRuns, { kind: may("can_run_allocation") ? "primary" : "" }),
    ),
    el("span", { class: "spring" }),
    searchBox(grid, go),
    iconButton(t("theme"), icon("theme", 16), switchTheme),
    el("button", { type: "button", class: "icon-button question", "aria-label": t("legend"), title: t("legend"), on: { click: openLegend } }, "?"),
    account(leave),
  );
}

function account(leave) {
  const { name, email } = state.session;
  const box = el("details", { class: "account" },
    el("summary", { "aria-label": t("account", { name }), title: name }, initials(name)),
    el("div", { class: "popover" }, el("strong", {}, name), el("span", { class: "muted small" }, email), field(t("language"), choice(LANGUAGES, language(), setLanguage, { data: { keep: "language" } })), button(t("sign_out"), leave)),
  );
  box.addEventListener("focusout", (event) => !box.contains(event.relatedTarget) && event.relatedTarget && (box.open = false));
  return box;
}

const initials = (name) => name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();

const OLDEST = moment("2000-01-01"); // on the way to a year, 20 is one too

function daysBar(go) {
  const { chart, filters } = state;
  const step = () => Math.max(1, Math.round(state.days / 2));
  const chosen = (event) => {
    const day = event.target.value && moment(event.target.value);
    if (day >= OLDEST) go(day, state.days);
  };
  const pick = el("input", { type: "date", "aria-label": t("first_day"), on: { change: chosen } });
  const shown = el("span", { class: "range" });
  const zoom = (n) => {
    prefer("days", n);
    go(state.from, n);
  };
  const zooms = ZOOMS.map((n) => el("button", { type: "button", class: "button", "aria-label": t("n_days", { n }), on: { click: () => zoom(n) } }, String(n)));
  const filter = (name, all, options) =>
    choice([["", all], ...options], String(filters[name]), (value, select) => {
      filters[name] = value;
      select.classList.toggle("active", value !== "");
      tell("chart");
    }, { "aria-label": all, class: filters[name] !== "" ? "compact active" : "compact" });
  const update = () => {
    const { chart: { first, last, length } } = state;
    if (pick.value !== iso(first)) pick.value = iso(first);
    shown.textContent = range(first, last - 1);
    ZOOMS.forEach((n, at) => zooms[at].setAttribute("aria-pressed", String(n === length)));
  };
  update();
  const host = el("div", { class: "bar-row second" },
    el("div", { class: "joined", role: "group", "aria-label": t("days_shown") },
      iconButton(t("earlier"), icon("left"), () => go(state.from - step(), state.days)),
      button(t("today"), () => go(state.chart.today - 1, state.days)),
      iconButton(t("later"), icon("right"), () => go(state.from + step(), state.days)),
    ),
    pick,
    shown,
    el("div", { class: "joined", role: "group", "aria-label": t("zoom") }, zooms),
    choice([["type", t("by_type")], ["floor", t("by_floor")]], state.groupBy, (value) => {
      state.groupBy = value;
      prefer("groupBy", value);
      tell("chart");
    }, { "aria-label": t("group_by"), class: "compact" }),
    el("span", { class: "spring" }),
    filter("type", t("all_types"), [...chart.types.values()].map((type) => [type.code, type.name])),
    filter("floor", t("all_floors"), chart.floors().map((floor) => [String(floor), t("floor", { floor })])),
    filter("feature", t("all_features"), chart.features().map((feature) => [feature, feature])),
    filter("status", t("all_statuses"), STATUSES.map((status) => [status, t(`status.${status}`)])),
  );
  return { host, update };
}
