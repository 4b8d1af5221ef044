// Reshuffles: asked for, watched while they are solved, looked at as ghosts and a list, applied, undone, put aside.

import { act, ofRun, read } from "./api.js";
import { learn } from "./beyond.js";
import { changesOf, choicesOf, choosable, chosen } from "./choices.js";
import { worldMoment } from "./dates.js";
import { confirmed, dialog } from "./dialog.js";
import { button, choice, el, field } from "./dom.js";
import { proposalByRoom } from "./ghosts.js";
import { plural, t } from "./messages.js";
import { movesOf, unplacedOf } from "./moves.js";
import { openPanel, panelName } from "./panel.js";
import { progressOf } from "./progress.js";
import { said } from "./sentences.js";
import { may, state, tell } from "./state.js";
import { complain, forget, toast } from "./toast.js";

const OVER = new Set(["APPLIED", "UNDONE", "FAILED", "CANCELLED", "DISCARDED"]);
const samples = new Map(); // by run: score and bound as they were told
let asked = 0;
let shown = null; // id of the run asked for last
let solving = null; // id of the run of which a part is being applied

/** Show the form for a new run, and the last ones. */
export async function openRuns() {
  let last;
  try {
    last = await read("allocation-runs/?page_size=12");
  } catch (error) {
    complain(error);
    return;
  }
  const wanted = { kind: "reshuffle", time_limit_s: 15 };
  const number = (name) => (event) => {
    if (event.target.value === "") delete wanted[name];
    else wanted[name] = Number(event.target.value);
  };
  const nights = el("input", { type: "number", min: "1", max: "365", placeholder: t("run.as_policy"), on: { input: number("horizon") } });
  const moves = el("input", { type: "number", min: "0", max: "10000", placeholder: t("run.no_limit"), on: { input: number("move_budget") } });
  const limits = [5, 15, 30, 60].map((seconds) => [String(seconds), t("seconds", { n: seconds })]);
  const limit = choice(limits, "15", (value) => { wanted.time_limit_s = Number(value); });
  const start = async () => {
    try {
      const run = await act("allocation-runs/", wanted);
      openRun(run.id);
    } catch (error) {
      complain(error);
    }
  };
  const form = may("can_run_allocation")
    ? el("div", { class: "form" }, el("p", { class: "hint" }, t("run.hint")), field(t("run.nights"), nights), field(t("run.moves"), moves, t("run.moves_hint")), field(t("run.time"), limit), button(t("run.start"), start, { kind: "primary" }))
    : el("p", { class: "hint" }, t("run.not_allowed"));
  const rows = last.results.map((run) => el("li", {}, el("button", { type: "button", class: "booking-item", on: { click: () => openRun(run.id) } }, el("strong", {}, t(`run.kind.${run.kind}`)), el("span", { class: `run-state ${run.state.toLowerCase()}` }, t(`run.state.${run.state}`)), el("span", { class: "muted small" }, worldMoment(run.created_at, state.chart.hotel.timezone)))));
  openPanel("runs", t("run.title"), [form, el("h3", {}, t("run.last")), rows.length ? el("ul", { class: "bookings" }, rows) : el("p", { class: "muted" }, t("run.none"))], { reopen: openRuns });
}

/** Show a run as it is now; while it is being solved, each of its events shows it again. */
export async function openRun(id, { again = false } = {}) {
  asked += 1;
  shown = id;
  const mine = asked;
  try {
    const run = await read(ofRun(id));
    if (run.diff) await learn([...changesOf(run), ...run.diff.unplaced].map((each) => each.booking_id));
    // Another run may have been asked for meanwhile; and what is only drawn again must not come back once it is gone.
    if (mine !== asked || (again && panelName() !== `run:${id}`)) return;
    if (run.state === "SOLVING" && run.progress.score !== undefined) sampled(id).push({ at: run.progress.elapsed_s, score: run.progress.score, bound: run.progress.bound });
    state.run = { id, choices: choicesOf(id), proposal: run.state === "PROPOSED" ? proposalByRoom(run.diff) : null };
    show(run);
    tell("look");
  } catch (error) {
    complain(error);
  }
}

/** What has been told of a run's progress. */
function sampled(id) {
  if (!samples.has(id)) samples.set(id, []);
  return samples.get(id);
}

/** An event has told that a run has moved on. */
export function runMoved(id) {
  if (shown === id && panelName() === `run:${id}`) openRun(id, { again: true });
}

function show(run) {
  const head = el("div", { class: "run-head" });
  const draw = () => head.replaceChildren(...headOf(run));
  draw();
  const parts = [
    el("p", {}, el("span", { class: `run-state ${run.state.toLowerCase()}` }, t(`run.state.${run.state}`)), run.error ? ` ${run.error}` : ""),
    head,
    ...progressOf(run, sampled(run.id)),
    ...(run.diff ? [movesOf(run, draw), unplacedOf(run)] : []),
    run.proof ? el("details", {}, el("summary", {}, t("run.proof")), el("p", { class: "proof" }, run.proof)) : null,
    button(t("run.all"), openRuns),
  ];
  const closed = () => {
    if (state.run?.id === run.id) state.run = null;
    tell("look");
  };
  openPanel(`run:${run.id}`, t(`run.kind.${run.kind}`), parts.filter(Boolean), { redraw: () => !OVER.has(run.state) && !solving && runMoved(run.id), closed, reopen: () => openRun(run.id) });
}

/** What can be done with a run as it stands, and what that would mean after the choices made. */
function headOf(run) {
  if (solving === run.id) return [el("p", { role: "status" }, t("run.solving_rest")), el("progress", { "aria-label": t("run.progress") })];
  const allowed = new Set(run.actions.filter((action) => action.allowed).map((action) => action.name));
  const all = changesOf(run).length;
  const { accept, reject } = chosen();
  const partly = choosable(run) && (reject.length > 0 || (accept.length > 0 && accept.length < all));
  const made = [];
  if (allowed.has("apply") && all) {
    const text = partly ? t(reject.length ? "run.apply_without" : "run.apply_around", { n: reject.length || accept.length }) : t("run.apply", { n: plural("changes", all) });
    made.push(button(text, () => apply(run, partly ? { accept, reject } : {}), { kind: "primary" }));
  }
  if (allowed.has("undo")) made.push(button(t("run.undo"), () => undo(run)));
  if (allowed.has("discard")) made.push(button(t("run.discard"), () => step(run, "discard/", t("run.discarded"))));
  if (allowed.has("cancel")) made.push(button(t("run.cancel"), () => step(run, "cancel/", t("run.cancelled"))));
  if (!made.length) return [];
  const open = all - accept.length - reject.length;
  const told = partly ? [["rejected", reject.length], ["accepted", accept.length], ["open", open]].filter(([, n]) => n).map(([what, n]) => plural(`partly_${what}`, n)).join(" ") : choosable(run) ? t("run.choose") : run.kind === "fit" && all > 1 && allowed.has("apply") ? t("run.together") : null;
  return [el("div", { class: "actions" }, made), told && el("p", { class: "hint", role: "status" }, told)].filter(Boolean);
}

/** Make a proposal the fact; of a part of it the rest is solved anew, as a run of its own, which is shown then. */
async function apply(run, choices) {
  const partly = Boolean(choices.accept);
  let then = run.id;
  if (partly) {
    solving = run.id;
    openRun(run.id);
  }
  try {
    const done = await act(ofRun(run.id, "apply/"), choices);
    then = done.run.id;
    const told = t(partly ? "run.applied_partly" : "run.applied", { placed: done.placed, moved: done.moved, released: done.released });
    toast(told, { kind: "good", key: done.run.id, action: { text: t("undo"), run: () => undo(done.run) } });
  } catch (error) {
    if (error.code === "stale_run") stale(error);
    else complain(error);
  }
  solving = null;
  openRun(then);
}

function stale(problem) {
  const changes = problem.body.changes.map((change) => said(change.message)).join("; ");
  toast(t("run.stale", { changes }), { kind: "bad", action: { text: t("run.again"), run: openRuns } });
}

async function undo(run) {
  if (!(await confirmed(t("run.undo"), t("run.undo_text"), t("run.undo")))) return;
  await step(run, "undo/", t("run.undone"));
}

async function step(run, path, done) {
  try {
    await act(ofRun(run.id, path));
    forget(run.id);
    toast(done, { kind: "good" });
  } catch (error) {
    if (error.body?.dependents) dependent(error.body.dependents);
    else complain(error);
  }
  openRun(run.id);
}

const NAMED = 12;

/** Say what hangs on a run that was to be undone. */
function dependent(things) {
  const more = things.length - NAMED;
  const lines = things.slice(0, NAMED).map((each) => el("li", {}, said(each.message)));
  return dialog(t("run.not_undone"), (close) => ({
    parts: [el("p", {}, t("run.undo_refused")), el("ul", { class: "reasons" }, lines), more > 0 ? el("p", { class: "muted" }, plural("more", more)) : ""],
    buttons: [button(t("close"), () => close(), { kind: "primary" })],
  }));
}
