// The bar at the top: which hotel, which days, what to look for, and the way to everything else.

import { longDay, iso, moment, range } from "./dates.js";
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
  const host = el("header", { class: "toolbar" });
  let drawn = "";
  const draw = () => {
    const { chart } = state;
    drawn = [chart.first, chart.length, chart.today].join(" ");
    const focused = host.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    host.replaceChildren(top(grid, { go, leave, enter }), days(go));
    if (focused) [...host.querySelectorAll("button, input, select, summary")].find((each) => nameOf(each) === focused)?.focus();
  };
  /** Other data: whoever is typing here is not disturbed, unless the days are others. */
  const update = () => {
    const { chart } = state;
    if (drawn !== [chart.first, chart.length, chart.today].join(" ")) draw();
    else host.querySelector("[data-waiting]").replaceWith(waitingButton());
  };
  return { host, draw, update };
}

const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;

function waitingButton() {
  const waiting = state.chart.waiting.length;
  return button(t("without_room"), () => openUnassigned(), { kind: waiting ? "counted" : "", icon: waiting ? el("b", { class: "count-badge" }, String(waiting)) : null, data: { waiting } });
}

function top(grid, { go, leave, enter }) {
  const { chart, session } = state;
  const hotels = session.hotels.map((hotel) => [hotel.slug, hotel.name]);
  return el("div", { class: "bar-row" },
    el("h1", { class: "brand" }, icon("key", 18), el("span", {}, "Keyrack")),
    hotels.length > 1 ? choice(hotels, state.slug, enter, { "aria-label": t("hotel"), class: "hotel" }) : el("span", { class: "hotel" }, chart.hotel.name),
    el("span", { class: "business-date", title: t("business_date") }, longDay(chart.today)),
    el("nav", { class: "menu", "aria-label": t("views") },
      button(t("today_button"), openToday),
      waitingButton(),
      may("can_manage_bookings") ? button(t("new.button"), () => openNewBooking(), { icon: icon("plus", 11) }) : null,
      button(t("groups"), openGroups),
      may("can_manage_rooms") ? button(t("closure.title"), () => askClosure()) : null,
      button(t("run.title"), openRuns, { kind: may("can_run_allocation") ? "primary" : "" }),
    ),
    el("span", { class: "spring" }),
    el("span", { class: `line-state ${state.online ? "on" : "off"}`, role: "status" }, state.online ? "" : t("line_lost")),
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
    el("div", { class: "popover" }, el("strong", {}, name), el("span", { class: "muted small" }, email), field(t("language"), choice(LANGUAGES, language(), setLanguage)), button(t("sign_out"), leave)),
  );
  box.addEventListener("focusout", (event) => !box.contains(event.relatedTarget) && event.relatedTarget && (box.open = false));
  return box;
}

const initials = (name) => name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();

function days(go) {
  const { chart, filters } = state;
  const step = Math.max(1, Math.round(state.days / 2));
  const pick = el("input", { type: "date", value: iso(chart.first), "aria-label": t("first_day"), on: { change: (event) => event.target.value && go(moment(event.target.value), state.days) } });
  const zoom = (n) => {
    prefer("days", n);
    go(state.from, n);
  };
  const filter = (name, all, options) =>
    choice([["", all], ...options], String(filters[name]), (value) => {
      filters[name] = value;
      tell("chart");
    }, { "aria-label": all, class: filters[name] !== "" ? "compact active" : "compact" });
  return el("div", { class: "bar-row second" },
    el("div", { class: "joined", role: "group", "aria-label": t("days_shown") },
      iconButton(t("earlier"), icon("left"), () => go(state.from - step, state.days)),
      button(t("today"), () => go(chart.today - 1, state.days)),
      iconButton(t("later"), icon("right"), () => go(state.from + step, state.days)),
    ),
    pick,
    el("span", { class: "range" }, range(chart.first, chart.last - 1)),
    el("div", { class: "joined", role: "group", "aria-label": t("zoom") }, ZOOMS.map((n) => el("button", { type: "button", class: "button", "aria-pressed": String(n === state.days), "aria-label": t("n_days", { n }), on: { click: () => zoom(n) } }, String(n)))),
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
}
