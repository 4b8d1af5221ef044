// Names of guests in sentences of the service, which speaks of bookings by their numbers only.

import { state } from "./state.js";

/** Return a sentence with the guest's name before each booking that is on the chart. */
export function named(sentence) {
  return sentence.replace(/BK-\d{4}-\w{6}/g, (id) => {
    const guest = state.chart.bookings.get(id)?.guest_name;
    return guest ? `${guest} (${id})` : id;
  });
}
