// How far a run is: score, proven bound and the gap between them, as numbers and as two lines that meet.

import { el, facts, svg } from "./dom.js";
import { locale, t } from "./messages.js";
import { said } from "./sentences.js";

const WIDTH = 320;
const HEIGHT = 90;

/** Return the parts that show a run's progress or what came of it. */
export function progressOf(run, samples) {
  // Room made for one booking is no search for the best plan: it has no bound, only as few moves as possible.
  if (run.kind === "fit") return run.notes.map((note) => el("p", { class: "hint" }, said(note)));
  const done = run.score !== null;
  const now = done ? { score: run.score.total, bound: run.bound, gap: run.gap, elapsed_s: run.wall_time_s } : run.progress;
  if (!done && !["QUEUED", "SOLVING"].includes(run.state)) return [];
  const solving = run.state === "SOLVING";
  const parts = [];
  if (!done) {
    const limit = run.params.time_limit_s ?? 30;
    const bar = el("progress", { max: String(limit), "aria-label": t("run.progress") });
    if (solving) bar.value = Math.min(limit, now.elapsed_s ?? 0);
    parts.push(bar);
  }
  if (now.score !== undefined && now.score !== null) {
    parts.push(
      el("div", { class: "figures" }, figure(t("run.score"), now.score), figure(t("run.bound"), now.bound), figure(t("run.gap"), percent(now.gap))),
    );
  }
  if (samples.length > 1) parts.push(lines(samples), el("p", { class: "muted small" }, t("run.lines")));
  if (solving && now.phase) parts.push(el("p", { class: "muted" }, t("run.phase", { phase: t(`phase.${now.phase}`), seconds: Math.round(now.elapsed_s) })));
  if (done) {
    const terms = Object.entries(run.score.terms).map(([term, cost]) => [t(`term.${term}`), whole(cost)]);
    parts.push(el("details", {}, el("summary", {}, t("run.terms")), facts(terms)));
  }
  return parts;
}

const whole = (value) => new Intl.NumberFormat(locale()).format(value);
const percent = (gap) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 2 }).format(gap);
const figure = (name, value) => el("div", {}, el("span", { class: "muted small" }, name), el("strong", {}, typeof value === "number" ? whole(value) : value));

function lines(samples) {
  const [from, to] = [samples[0].at, samples.at(-1).at];
  const told = samples.flatMap((sample) => [sample.score, sample.bound]).filter((value) => value !== null && value !== undefined);
  const [low, high] = [Math.min(...told), Math.max(...told)];
  const x = (at) => ((at - from) / (to - from || 1)) * WIDTH;
  const y = (value) => HEIGHT - 6 - ((value - low) / (high - low || 1)) * (HEIGHT - 12);
  const points = (name) => samples.filter((sample) => (sample[name] ?? null) !== null).map((sample) => `${x(sample.at).toFixed(1)},${y(sample[name]).toFixed(1)}`).join(" ");
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lines", "aria-hidden": "true" },
    svg("polyline", { points: points("score"), class: "score-line" }),
    svg("polyline", { points: points("bound"), class: "bound-line" }),
  );
}
