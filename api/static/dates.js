// Days and moments. A day is a number (days since 1970), a moment such a number with a fraction: hotel-local wall
// clock, so nothing here knows a time zone. The browser's own clock is asked for nothing but how long ago.

import { locale } from "./messages.js";

const DAY_MS = 86_400_000;

/** Return the number of an ISO day, or of an ISO moment without a zone. */
export const moment = (iso) => Date.parse(iso.length > 10 ? `${iso}Z` : `${iso}T00:00Z`) / DAY_MS;

/** Return the ISO day of a number. */
export const iso = (day) => new Date(Math.floor(day) * DAY_MS).toISOString().slice(0, 10);

/** Return the ISO moment (minutes) of a number, as a datetime-local input takes it. */
export const isoMinute = (at) => new Date(Math.round(at * 1440) * 60_000).toISOString().slice(0, 16);

/** Tell whether a day is a Saturday or Sunday. */
export const isWeekend = (day) => [0, 6].includes(new Date(day * DAY_MS).getUTCDay());

const formats = new Map();

function format(day, options) {
  const key = `${locale()} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), { timeZone: "UTC", ...options }));
  return formats.get(key).format(new Date(day * DAY_MS));
}

/** Short name of the weekday. */
export const weekday = (day) => format(day, { weekday: "short" });
/** Day of the month. */
export const dayOfMonth = (day) => new Date(Math.floor(day) * DAY_MS).getUTCDate();
/** Month and year. */
export const month = (day) => format(day, { month: "long", year: "numeric" });
/** A day as people write it, with its weekday. */
export const longDay = (day) => format(day, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
/** A day in few letters. */
export const shortDay = (day) => format(day, { day: "numeric", month: "short" });
/** A day and a time in few letters. */
export const dayAndTime = (at) => format(at, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
/** From one day to another, in few letters. */
export const range = (first, last) => `${shortDay(first)} – ${shortDay(last)}`;

/** A moment of the world (ISO with a zone), in the hotel's time zone. */
export function worldMoment(isoText, timeZone) {
  const options = { timeZone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(isoText));
}
