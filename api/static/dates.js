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

/** Return a function that writes a moment; what it has written it remembers, since a chart asks for few days often. */
function writer(options) {
  const written = new Map();
  let spoken = null;
  let format = null;
  return (at) => {
    if (spoken !== locale()) {
      spoken = locale();
      format = new Intl.DateTimeFormat(spoken, { timeZone: "UTC", ...options });
      written.clear();
    }
    let text = written.get(at);
    if (text === undefined) {
      text = format.format(new Date(at * DAY_MS));
      written.set(at, text);
    }
    return text;
  };
}

/** Short name of the weekday. */
export const weekday = writer({ weekday: "short" });
/** Day of the month. */
export const dayOfMonth = (day) => new Date(Math.floor(day) * DAY_MS).getUTCDate();
/** Month and year. */
export const month = writer({ month: "long", year: "numeric" });
/** A day as people write it, with its weekday. */
export const longDay = writer({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
/** A day in few letters. */
export const shortDay = writer({ day: "numeric", month: "short" });
/** A day and a time in few letters. */
export const dayAndTime = writer({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
/** From one day to another, in few letters. */
export const range = (first, last) => `${shortDay(first)} – ${shortDay(last)}`;

/** A moment of the world (ISO with a zone), in the hotel's time zone. */
export function worldMoment(isoText, timeZone) {
  const options = { timeZone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(isoText));
}
