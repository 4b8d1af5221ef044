// The panel at the right of the chart: one thing at a time (a booking, a list, a run).

import { el, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { state, tell } from "./state.js";

let current = null;

/** Show something in the panel. `name` tells whether it is shown already; `redraw` is called when the data change. */
export function openPanel(name, title, parts, { redraw = null, closed = null, actions = [], focus = true } = {}) {
  const host = document.getElementById("panel");
  const same = current?.name === name;
  if (current && !same) current.closed?.();
  current = { name, redraw, closed, opener: same ? current.opener : document.activeElement };
  const scrolled = same ? host.querySelector(".panel-body")?.scrollTop : 0;
  host.replaceChildren(
    el("div", { class: "panel-head" }, el("h2", { id: "panel-title", tabindex: "-1" }, title), actions, iconButton(t("close"), icon("close"), closePanel)),
    el("div", { class: "panel-body" }, parts),
  );
  host.dataset.name = name;
  if (host.hidden) {
    host.hidden = false;
    document.body.classList.add("with-panel");
  }
  host.querySelector(".panel-body").scrollTop = scrolled;
  if (focus && !same) host.querySelector("#panel-title").focus();
}

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
  const host = document.getElementById("panel");
  const inside = host.contains(document.activeElement);
  host.hidden = true;
  host.replaceChildren();
  document.body.classList.remove("with-panel");
  state.selected = null;
  state.suggested = null;
  closed?.();
  tell("look");
  if (inside) (opener?.isConnected ? opener : document.querySelector(".chart [tabindex='0']"))?.focus();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && current && !document.querySelector("dialog[open]") && !state.carried) closePanel();
});
