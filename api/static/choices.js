// Which moves of a proposal are wanted and which not: said at each move, seen on the chart, sent when it is applied.

import { bookingOf } from "./beyond.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { state, tell } from "./state.js";

const WORDS = [["accept", "check"], ["reject", "close"]];

const kept = new Map();

/** The choices of a run, by booking; they wait while something else is looked at. */
export function choicesOf(id) {
  if (!kept.has(id)) kept.set(id, new Map());
  return kept.get(id);
}

/** All changes of a run. */
export const changesOf = (run) => (run.diff ? [...run.diff.moved, ...run.diff.placed, ...run.diff.released] : []);

/** Tell whether the moves of a run can be chosen one by one: room made for one booking is all or nothing. */
export const choosable = (run) => run.kind !== "fit" && changesOf(run).length > 1 && run.actions.some((action) => action.name === "apply" && action.allowed);

/** What has been said of a booking's move: "accept", "reject", or undefined. */
export const choiceOf = (id) => state.run?.choices.get(id);

/** Return the choices as the service takes them. */
export function chosen() {
  const ids = (word) => [...state.run.choices].filter(([, choice]) => choice === word).map(([id]) => id);
  return { accept: ids("accept"), reject: ids("reject") };
}

/** Return the two buttons of a move; pressing one again takes it back. `changed` is called after each. */
export function choiceButtons(id, guest, changed) {
  const made = WORDS.map(([word, drawn]) => {
    const press = () => {
      if (choiceOf(id) === word) state.run.choices.delete(id);
      else state.run.choices.set(id, word);
      for (const [each, button] of buttons) button.setAttribute("aria-pressed", String(choiceOf(id) === each));
      tell("look");
      changed();
    };
    const pressed = String(choiceOf(id) === word);
    return [word, el("button", { type: "button", class: `choice ${word}`, "aria-pressed": pressed, "aria-label": `${t(`run.${word}`)}: ${guest}`, on: { click: press } }, icon(drawn, 10), t(`run.${word}`))];
  });
  const buttons = new Map(made);
  return el("span", { class: "choices" }, made.map(([, button]) => button));
}

/** Return the bookings that were to get a room which a rejected one now keeps. */
export function unsettled(chart, run) {
  const changes = changesOf(run);
  const kept = changes.filter((each) => choiceOf(each.booking_id) === "reject" && each.from_room);
  const period = (each) => bookingOf(each.booking_id) && chart.period(bookingOf(each.booking_id));
  const meets = (one, other) => one && other && one[0] < other[1] && other[0] < one[1];
  return new Set(
    changes
      .filter((each) => choiceOf(each.booking_id) !== "reject")
      .filter((each) => kept.some((other) => other.from_room === each.to_room && meets(period(each), period(other))))
      .map((each) => each.booking_id),
  );
}
