// Short messages at the bottom of the screen, read out too; and things said to a screen reader only.

import { el, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { said } from "./sentences.js";

const SHOWN_MS = 8_000;
const OFFERED_MS = 20_000; // long enough to read, think, and take it back

/** Say something to a screen reader, without showing it. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Show a message for a while. `action` is `{text, run}`, such as an undo; `kind` is "good", "bad" or "", `key` what `forget` knows it by. */
export function toast(text, { kind = "", action = null, key = "" } = {}) {
  const host = document.getElementById("toasts");
  const close = () => made.remove();
  const act = () => {
    close();
    action.run();
  };
  const made = el(
    "div",
    { class: `toast ${kind}`, data: { key } },
    kind === "bad" ? icon("warning") : null,
    el("span", {}, text),
    action && el("button", { type: "button", class: "link", on: { click: act } }, action.text),
    iconButton(t("close"), icon("close", 12), close),
  );
  const shown = action ? OFFERED_MS : SHOWN_MS;
  let timer = setTimeout(close, shown);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(close, shown / 2);
  };
  for (const event of ["mouseenter", "focusin"]) made.addEventListener(event, hold);
  for (const event of ["mouseleave", "focusout"]) made.addEventListener(event, release);
  host.append(made);
  while (host.children.length > 3) host.firstElementChild.remove();
}

/** Take away the messages about something that is no longer so. */
export function forget(key) {
  for (const made of [...document.querySelectorAll(".toast")].filter((each) => each.dataset.key === key)) made.remove();
}

/** Show what went wrong in words for people. */
export function complain(problem) {
  const text = problem.status === 0 ? t("offline") : said(problem.message) || t("went_wrong");
  toast(text, { kind: "bad" });
}
