// What the colours, patterns, marks and keys mean.

import { dialog } from "./dialog.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";

export const STATUSES = ["due_in", "in_house", "due_out", "future", "unconfirmed", "gone", "ooo", "oos", "hold"];
const MARKS = ["lock", "vip", "group", "upgrade", "moved", "run"];
const KEYS = ["arrows", "enter", "carry", "put", "escape", "ends", "search"];

/** Show the legend. */
export function openLegend() {
  return dialog(t("legend"), () => ({
    parts: [
      el("div", { class: "legend" },
        el("section", {}, el("h3", {}, t("legend.bars")), el("ul", { class: "plain" }, STATUSES.map(sample))),
        el("section", {},
          el("h3", {}, t("legend.marks")),
          el("ul", { class: "plain marks-list" }, MARKS.map((mark) => el("li", {}, icon(mark, 14), el("span", {}, t(`mark.${mark}`)))), el("li", {}, icon("dirty", 14), el("span", {}, t("housekeeping.DIRTY")))),
          el("h3", {}, t("legend.fit")),
          el("ul", { class: "plain" }, ["best", "preferred", "standard"].map((fit) => el("li", {}, el("span", { class: `fit fit-${fit}` }, t(`fit.${fit}`)), ` ${t(`legend.fit_${fit}`)}`))),
        ),
        el("section", {}, el("h3", {}, t("legend.keys")), el("dl", { class: "keys" }, KEYS.map((key) => [el("dt", {}, t(`key.${key}`)), el("dd", {}, t(`keydoes.${key}`))]))),
      ),
    ],
  }), { wide: true });
}

function sample(status) {
  return el("li", {}, el("span", { class: `bar sample ${status}` }, status === "future" ? null : icon(status, 12), el("span", { class: "bar-name" }, t(`status.${status}`))), el("span", { class: "muted small" }, t(`legend.${status}`)));
}
