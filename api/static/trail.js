// The audit trail of a booking, for those who may see it.

import { wishOf } from "./card.js";
import { moment, shortDay, worldMoment } from "./dates.js";
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
  const { before, after } = { before: each.before ?? {}, after: { ...each.after } };
  const names = [...new Set([...Object.keys(NAMES), ...Object.keys(before), ...Object.keys(after)])].filter((name) => name in before || name in after);
  // Of what is not repeated only the name is told.
  if (after.fields) after.fields = after.fields.filter((field) => !names.includes(field));
  const changes = names.map((name) => change(name, before[name], after[name])).filter(Boolean);
  return el(
    "li",
    {},
    el("strong", {}, t(`audit.${each.action}`)),
    changes.length ? el("span", { class: "small" }, changes.join(" · ")) : null,
    each.reason && el("em", {}, `“${said(each.reason)}”`),
    el("small", {}, `${worldMoment(each.at, state.chart.hotel.timezone)}, ${each.actor_name ?? actor(each.actor)}`),
  );
}

function actor(name) {
  const [kind, part] = name.split(":");
  if (kind === "system") return t("by_system", { part });
  return kind === "guest" ? t("by_guest") : name;
}

// What forms and cards call it too.
const NAMES = { room: "room_word", status: "status_word", check_in: "form.check_in", check_out: "form.check_out", adults: "form.adults", children: "form.children", room_type: "form.room_type", type: "form.room_type", group: "group", needs: "needs", wishes: "wishes", allowed_rooms: "allowed_rooms", total_amount: "amount", special_requests: "form.special_requests", internal_notes: "notes", first_name: "form.first_name", last_name: "form.last_name", phone: "phone", email: "email" };
const ITEMS = { overridden: (each) => t(`rule.${each}`), fields: nameOf, wishes: wishOf };
// A lock is told by its sentence; ids say nobody anything, and `fields` names what they stand for.
const UNTOLD = new Set(["locked", "room_type_id", "group_id", "total_minor"]);

/** Return one change in words; null where there is none. */
function change(name, before, after) {
  const [former, now] = [before, after].map((value) => plain(name, value));
  if (UNTOLD.has(name) || former === now) return null;
  return `${nameOf(name)} ${[former, now].filter(Boolean).join(" → ")}`;
}

function nameOf(field) {
  const name = field.split(".").at(-1);
  const text = t(NAMES[name] ?? `field.${name}`);
  return text === `field.${name}` ? name.replaceAll("_", " ") : text;
}

function plain(name, value) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map((each) => ITEMS[name]?.(each) ?? String(each)).join(", ");
  if (name === "status") return t(`state.${value}`);
  if (name === "source") return t(`source.${value}`);
  if (["type", "room_type"].includes(name)) return state.chart.types.get(value)?.name ?? value;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return shortDay(moment(value));
  return String(value);
}
