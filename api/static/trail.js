// The audit trail of a booking, for those who may see it.

import { worldMoment } from "./dates.js";
import { el } from "./dom.js";
import { t } from "./messages.js";
import { said } from "./sentences.js";
import { may, state } from "./state.js";
import { hotelPath, call } from "./api.js";

/** Return an element that shows a booking's audit entries when it is opened; null where nobody may see them. */
export function trailOf(id) {
  if (!may("can_see_audit")) return null;
  const list = el("ol", { class: "trail" });
  const made = el("details", { class: "audit" }, el("summary", {}, t("audit")), list);
  made.addEventListener("toggle", () => made.open && !list.children.length && fill(list, id));
  return made;
}

async function fill(list, id) {
  try {
    const found = await call("GET", hotelPath(`audit/?subject=booking:${encodeURIComponent(id)}`));
    list.replaceChildren(...found.results.map(entry));
  } catch (error) {
    list.replaceChildren(el("li", {}, said(error.message)));
  }
}

function entry(each) {
  const who = each.actor_name ?? each.actor;
  const change = [plain(each.before), plain(each.after)].filter(Boolean).join(" → ");
  return el(
    "li",
    {},
    el("span", {}, each.action, change && `: ${change}`),
    each.reason && el("em", {}, `“${each.reason}”`),
    el("small", {}, `${worldMoment(each.at, state.chart.hotel.timezone)}, ${who}`),
  );
}

function plain(values) {
  if (!values) return "";
  return Object.entries(values).map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(", ") : value}`).join(", ");
}
