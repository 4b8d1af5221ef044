// Bookings beyond the days shown, which a run may speak of too: their names and days are asked for once.

import { readChart } from "./api.js";
import { Chart } from "./chart.js";
import { state } from "./state.js";

const NIGHTS = 92; // the most that the service tells at once

let told = { slug: null, bookings: new Map() };

/** A booking by its number, on the chart or beyond; undefined where nobody has been told of it. */
export const bookingOf = (id) => state.chart?.bookings.get(id) ?? (told.slug === state.slug ? told.bookings.get(id) : undefined);

/** Get to know these bookings, as far as they are near; what cannot be had stays a number. */
export async function learn(ids) {
  const { chart, slug } = state;
  if (ids.every((id) => bookingOf(id) || (told.slug === slug && told.bookings.has(id)))) return;
  try {
    const { bookings } = new Chart(JSON.parse(await readChart(chart.today, chart.today + NIGHTS)));
    const before = told.slug === slug ? told.bookings : new Map();
    // A number that nobody knows now is not asked for again and again.
    told = { slug, bookings: new Map([...ids.map((id) => [id, undefined]), ...before, ...bookings]) };
  } catch {
    // The list is readable without.
  }
}

/** Forget everybody: somebody else may sit here next. */
export function forgetAll() {
  told = { slug: null, bookings: new Map() };
}
