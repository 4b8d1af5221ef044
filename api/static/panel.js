// The panel at the right of the chart: one thing at a time (a booking, a list, a run).

import { el, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { state, tell } from "./state.js";

let current = null;
let trail = []; // what was shown before, for the way back

/**
 * Show something in the panel. `name` tells whether it is shown already; `redraw` is called when the data change,
 * `closed` when something else takes its place, `reopen` on the way back from there.
 */
export function openPanel(name, title, parts, { redraw = null, closed = null, reopen = null, actions = [], focus = true } = {}) {
  const host = document.getElementById("panel");
  const same = current?.name === name;
  if (current && !same) {
    current.closed?.();
    if (trail.at(-1)?.name === name) trail.pop();
    else if (current.reopen) trail.push(current);
  }
  const inside = host.contains(document.activeElement);
  current = { name, title, redraw, closed, reopen, opener: current && (same || inside) ? current.opener : document.activeElement };
  const last = trail.at(-1);
  const back = last && iconButton(t("back_to", { title: last.title }), icon("left"), () => last.reopen());
  const focused = same && host.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const scrolled = same ? host.querySelector(".panel-body")?.scrollTop : 0;
  host.replaceChildren(
    el("div", { class: "panel-head" }, back ?? "", el("h2", { id: "panel-title", tabindex: "-1" }, title), actions, iconButton(t("close"), icon("close"), closePanel)),
    el("div", { class: "panel-body" }, parts),
  );
  host.dataset.name = name;
  if (host.hidden) {
    host.hidden = false;
    document.body.classList.add("with-panel");
  }
  host.querySelector(".panel-body").scrollTop = scrolled;
  if (focus && !same) host.querySelector("#panel-title").focus();
  // What is drawn anew takes no focus away: it goes to what is called the same, else to the title.
  if (focused !== null) ([...host.querySelectorAll("button, input, select, textarea, summary")].find((each) => nameOf(each) === focused) ?? host.querySelector("#panel-title")).focus();
}

const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;

/** Name of what the panel shows, or null. */
export const panelName = () => current?.name ?? null;

/** Draw the panel's content again with the data of now. */
export function redrawPanel() {
  current?.redraw?.();
}

/** Close the panel and give the focus back to where it was opened from. */
export function closePanel() {
  if (!current) return;
  const { closed, opener } = current;
  current = null;
  trail = [];
  const host = document.getElementById("panel");
  const inside = host.contains(document.activeElement);
  host.hidden = true;
  host.replaceChildren();
  document.body.classList.remove("with-panel");
  state.selected = null;
  state.suggested = null;
  closed?.();
  tell("look");
  if (inside) (opener?.isConnected ? opener : document.querySelector(".chart .body [tabindex='0']"))?.focus();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && current && !document.querySelector("dialog[open]") && !state.carried) closePanel();
});
