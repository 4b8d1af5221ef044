// Changes of others, as they happen: one stream of events, taken up again whenever it breaks.

import { hotelPath, send } from "./api.js";

const SILENCE_MS = 25_000; // the service says something every ten seconds
const AGAIN_MS = [500, 1_000, 2_000, 4_000];

/**
 * Watch a hotel until the returned function is called.
 *
 * `told(event, data)` gets every event; `connected(bool)` how the line is. After each new connection the first event
 * is `plan`: what happened before it nobody has told.
 */
export function watch(told, connected) {
  let stopped = false;
  let failures = 0;
  let current = new AbortController();

  async function listen() {
    current = new AbortController();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => current.abort(), SILENCE_MS);
    };
    try {
      heard();
      const answer = await send("GET", hotelPath("events/"), { signal: current.signal });
      connected(true);
      failures = 0;
      told("plan", {});
      await frames(answer.body, heard, told);
    } catch (error) {
      if (stopped || error.status === 401) return;
      connected(false);
      failures += 1;
    } finally {
      clearTimeout(silence);
    }
    if (!stopped) setTimeout(listen, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
  }

  const offline = () => current.abort();
  const online = () => failures && current.abort();
  addEventListener("offline", offline);
  addEventListener("online", online);
  listen();
  return () => {
    stopped = true;
    removeEventListener("offline", offline);
    removeEventListener("online", online);
    current.abort();
  };
}

async function frames(body, heard, told) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    text += value;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const frame of whole) {
      const lines = new Map(frame.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (lines.has("event")) told(lines.get("event"), JSON.parse(lines.get("data") ?? "{}"));
    }
  }
}
