// Questions that need an answer first: modal dialogs, which the browser keeps the focus in and gives it back from.

import { button, el, field, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";

// Where something is to be filled in or decided the focus begins there, not on the button that closes.
const FIRST = ["[autofocus]", ".dialog-body :is(input, select, textarea)", ".dialog-buttons .primary", ".dialog-buttons .button"];

/** Show a dialog; `parts` stand between its title and the buttons. It closes itself through `close(value)`. */
export function dialog(title, build, { wide = false } = {}) {
  return new Promise((answer) => {
    const made = el("dialog", { class: wide ? "wide" : "", "aria-labelledby": "dialog-title" });
    let value = null;
    const close = (given = null) => {
      value = given;
      made.close();
    };
    made.addEventListener("close", () => {
      made.remove();
      answer(value);
    });
    made.addEventListener("click", (event) => {
      if (event.target === made) close();
    });
    const { parts, buttons = [] } = build(close);
    made.append(
      el("div", { class: "dialog-head" }, el("h2", { id: "dialog-title" }, title), iconButton(t("close"), icon("close"), () => close())),
      el("div", { class: "dialog-body" }, parts),
      buttons.length ? el("div", { class: "dialog-buttons" }, buttons) : "",
    );
    document.body.append(made);
    made.showModal();
    FIRST.map((selector) => made.querySelector(selector)).find(Boolean)?.focus();
  });
}

/** Ask whether to do something. Resolves to true or null. */
export function confirmed(title, text, yes, { kind = "primary" } = {}) {
  return dialog(title, (close) => ({
    parts: [el("p", {}, text)],
    buttons: [button(t("cancel"), () => close()), button(yes, () => close(true), { kind })],
  }));
}

/** Ask for a reason; resolves to the text, or null. An empty one is only taken where it is `optional`. */
export function askReason(title, text, yes, { optional = false, kind = "primary", more = [] } = {}) {
  return dialog(title, (close) => {
    const input = el("textarea", { rows: "2", maxlength: "500", autofocus: true, required: !optional });
    const done = () => {
      const reason = input.value.trim();
      if (reason || optional) close(reason);
      else {
        input.setAttribute("aria-invalid", "true");
        input.focus();
      }
    };
    return {
      parts: [text && el("p", {}, text), ...more, field(optional ? t("reason_optional") : t("reason"), input)].filter(Boolean),
      buttons: [button(t("cancel"), () => close()), button(yes, done, { kind })],
    };
  });
}
