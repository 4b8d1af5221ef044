// What one would expect to do with a booking now and cannot: shown all the same, with what stands against it.

import { openBooking } from "./booking.js";
import { button, el } from "./dom.js";
import { t } from "./messages.js";
import { state } from "./state.js";

// Each with the text of its button and the reasons that somebody at the desk can do something about.
const EXPECTED = [
  { name: "check_in", text: () => "action.check_in", about: ["no_room", "occupied", "not_clean", "too_late"] },
  { name: "assign_room", text: (detail) => (detail.assigned_room_number ? "suggest.other" : "suggest.find"), about: ["locked"] },
];

/** Return what is expected and refused: a button that cannot be pressed and the reasons of the service in words. */
export function refusals(detail) {
  return EXPECTED.flatMap(({ name, text, about }) => {
    const { allowed, reasons } = detail.actions.find((action) => action.name === name);
    if (allowed || !reasons.every((reason) => about.includes(reason))) return [];
    const id = `against-${name}`;
    const own = state.chart.bookings.get(detail.booking_id);
    const others = reasons.includes("occupied") && own ? state.chart.stillIn(own) : [];
    const words = reasons.map((reason) => (reason === "occupied" && others.length ? "occupied_by" : reason));
    const said = words.map((reason) => t(`against.${reason}`, { room: detail.assigned_room_number, guest: others[0]?.guest_name }));
    return [
      el("div", { class: "refusal" },
        button(t(text(detail)), null, { "aria-disabled": "true", "aria-describedby": id }),
        el("span", { id, class: "small" }, said.join(" ")),
        others.map((other) => el("button", { type: "button", class: "link", on: { click: () => openBooking(other.booking_id, { reveal: true }) } }, t("against.open", { guest: other.guest_name }))),
      ),
    ];
  });
}
