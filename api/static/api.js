// Speaking to the service: only its public API, and only from here.

import { iso } from "./dates.js";
import { state } from "./state.js";

/** What the service answers instead of doing what was asked (RFC 9457); `status` 0 is no answer at all. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? String(status));
    this.status = status;
    this.code = body.code ?? "";
    this.body = body;
  }
}

let whenSignedOut = () => {};

/** Say what happens when the service no longer knows who is asking. */
export function onSignedOut(handler) {
  whenSignedOut = handler;
}

/** Return the path of something in the hotel on the screen. */
export const hotelPath = (path) => `/api/staff/hotels/${encodeURIComponent(state.slug)}/${path}`;

/** Send a request and return its answer as it is. */
export async function send(method, path, { body, version, name, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  if (name !== undefined) headers["Idempotency-Key"] = name;
  const asked = { method, headers, signal, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) asked.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, asked);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { code: "offline", detail: "" });
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401 && !path.startsWith("/api/auth/")) whenSignedOut();
  throw new Problem(answer.status, told);
}

/** Send a request and return the JSON of its answer, or null where it has none. */
export async function call(method, path, options) {
  const answer = await send(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

/** Read something of the hotel on the screen. */
export const read = (path, options) => call("GET", hotelPath(path), options);

/** Do something in the hotel on the screen, once: sent again by the network, it has no second effect. */
export const act = (path, body = {}, options = {}) =>
  call("POST", hotelPath(path), { body, name: crypto.randomUUID(), ...options });

/** Read the chart's data of some days (numbers) as text; without any the service begins at the hotel's business date. */
export async function readChart(from, to, options) {
  const days = from === null ? "" : `?from=${iso(from)}&to=${iso(to)}`;
  const answer = await send("GET", hotelPath(`tape-chart/${days}`), options);
  return answer.text();
}

/** Path of something of a booking. */
export const ofBooking = (id, path = "") => `bookings/${encodeURIComponent(id)}/${path}`;

/** Path of something of a run. */
export const ofRun = (id, path = "") => `allocation-runs/${id}/${path}`;
