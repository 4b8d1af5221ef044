// Reshuffles: asked for, watched while they are solved, looked at as ghosts and a list, applied, undone, put aside.

import { act, ofRun, read } from "./api.js";
import { worldMoment } from "./dates.js";
import { confirmed } from "./dialog.js";
import { button, choice, el, field } from "./dom.js";
import { proposalByRoom } from "./ghosts.js";
import { plural, t } from "./messages.js";
import { movesOf, unplacedOf } from "./moves.js";
import { openPanel, panelName } from "./panel.js";
import { progressOf } from "./progress.js";
import { may, state, tell } from "./state.js";
import { complain, toast } from "./toast.js";

const OVER = new Set(["APPLIED", "UNDONE", "FAILED", "CANCELLED", "DISCARDED"]);
let samples = [];

/** Show the form for a new run, and the last ones. */
export async function openRuns() {
  let last;
  try {
    last = await read("allocation-runs/?page_size=12");
  } catch (error) {
    complain(error);
    return;
  }
  const asked = { kind: "reshuffle", time_limit_s: 15 };
  const number = (name) => (event) => {
    if (event.target.value === "") delete asked[name];
    else asked[name] = Number(event.target.value);
  };
  const nights = el("input", { type: "number", min: "1", max: "365", placeholder: t("run.as_policy"), on: { input: number("horizon") } });
  const moves = el("input", { type: "number", min: "0", max: "10000", placeholder: t("run.no_limit"), on: { input: number("move_budget") } });
  const limits = [5, 15, 30, 60].map((seconds) => [String(seconds), t("seconds", { n: seconds })]);
  const limit = choice(limits, "15", (value) => { asked.time_limit_s = Number(value); });
  const start = async () => {
    try {
      const run = await act("allocation-runs/", asked);
      samples = [];
      openRun(run.id);
    } catch (error) {
      complain(error);
    }
  };
  const form = may("can_run_allocation")
    ? el("div", { class: "form" }, el("p", { class: "hint" }, t("run.hint")), field(t("run.nights"), nights), field(t("run.moves"), moves, t("run.moves_hint")), field(t("run.time"), limit), button(t("run.start"), start, { kind: "primary" }))
    : el("p", { class: "hint" }, t("run.not_allowed"));
  const rows = last.results.map((run) => el("li", {}, el("button", { type: "button", class: "booking-item", on: { click: () => openRun(run.id) } }, el("strong", {}, t(`run.kind.${run.kind}`)), el("span", { class: `run-state ${run.state.toLowerCase()}` }, t(`run.state.${run.state}`)), el("span", { class: "muted small" }, worldMoment(run.created_at, state.chart.hotel.timezone)))));
  openPanel("runs", t("run.title"), [form, el("h3", {}, t("run.last")), rows.length ? el("ul", { class: "bookings" }, rows) : el("p", { class: "muted" }, t("run.none"))]);
}

/** Show a run as it is now; while it is being solved, each of its events shows it again. */
export async function openRun(id) {
  try {
    const run = await read(ofRun(id));
    if (run.state === "SOLVING" && run.progress.score !== undefined) samples.push({ at: run.progress.elapsed_s, score: run.progress.score, bound: run.progress.bound });
    const rejected = state.run?.id === id ? state.run.rejected : new Set();
    state.run = { id, rejected, proposal: run.state === "PROPOSED" ? proposalByRoom(run.diff) : null };
    show(run);
    tell("look");
  } catch (error) {
    complain(error);
  }
}

/** An event has told that a run has moved on. */
export function runMoved(id) {
  if (panelName() === `run:${id}`) openRun(id);
}

function show(run) {
  const buttons = buttonsOf(run);
  const parts = [
    el("p", {}, el("span", { class: `run-state ${run.state.toLowerCase()}` }, t(`run.state.${run.state}`)), run.error ? ` ${run.error}` : ""),
    buttons.length ? el("div", { class: "actions" }, buttons) : null,
    ...progressOf(run, samples),
    ...(run.diff ? [movesOf(run), unplacedOf(run)] : []),
    run.proof ? el("details", {}, el("summary", {}, t("run.proof")), el("p", { class: "proof" }, run.proof)) : null,
    button(t("run.all"), openRuns),
  ];
  const closed = () => {
    state.run = null;
    tell("look");
  };
  openPanel(`run:${run.id}`, t(`run.kind.${run.kind}`), parts.filter(Boolean), { redraw: () => !OVER.has(run.state) && openRun(run.id), closed });
}

function buttonsOf(run) {
  const allowed = new Set(run.actions.filter((action) => action.allowed).map((action) => action.name));
  const changes = run.diff ? run.diff.placed.length + run.diff.moved.length + run.diff.released.length : 0;
  const made = [];
  if (allowed.has("apply") && changes) made.push(button(t("run.apply", { n: plural("changes", changes) }), () => apply(run), { kind: "primary" }));
  if (allowed.has("undo")) made.push(button(t("run.undo"), () => undo(run)));
  if (allowed.has("discard")) made.push(button(t("run.discard"), () => step(run, "discard/", t("run.discarded"))));
  if (allowed.has("cancel")) made.push(button(t("run.cancel"), () => step(run, "cancel/", t("run.cancelled"))));
  return made;
}

async function apply(run) {
  try {
    const done = await act(ofRun(run.id, "apply/"));
    const told = t("run.applied", { placed: done.placed, moved: done.moved, released: done.released });
    toast(told, { kind: "good", action: { text: t("undo"), run: () => undo(run) } });
  } catch (error) {
    if (error.code === "stale_run") stale(error);
    else complain(error);
  }
  openRun(run.id);
}

function stale(problem) {
  const changes = problem.body.changes.map((change) => change.message).join("; ");
  toast(t("run.stale", { changes }), { kind: "bad", action: { text: t("run.again"), run: openRuns } });
}

async function undo(run) {
  if (!(await confirmed(t("run.undo"), t("run.undo_text"), t("run.undo")))) return;
  await step(run, "undo/", t("run.undone"));
}

async function step(run, path, said) {
  try {
    await act(ofRun(run.id, path));
    toast(said, { kind: "good" });
  } catch (error) {
    const dependents = error.body?.dependents?.map((each) => each.message).join("; ");
    if (dependents) toast(t("run.undo_refused", { dependents }), { kind: "bad" });
    else complain(error);
  }
  openRun(run.id);
}
