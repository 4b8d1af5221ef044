// What the screen shows at this moment, and who wants to know when it changes.

/** The one state of the page. Change it, then `tell` what has changed. */
export const state = {
  session: null, // who is signed in, and their hotels
  slug: null, // the hotel on the screen
  chart: null, // the last Chart read
  text: null, // and what it was made of; null once the screen shows something else
  from: null, // first day shown, a number
  days: 31,
  groupBy: "type",
  collapsed: new Set(),
  filters: { type: "", floor: "", feature: "", status: "" },
  searched: null, // what stands in the search box
  found: null, // booking ids that a search has found, or null
  cursor: null, // {row, col, stop}: where the keyboard is
  selected: null, // booking id whose panel is open
  carried: null, // {booking, target, judged}: a bar on its way to another room
  suggested: null, // {booking, rooms}: candidate rooms shown in the row heads
  run: null, // the run whose proposal is shown as ghosts
  online: true,
};

/** Begin with another hotel: what was chosen and found in the one before means nothing there. */
export function begin(slug) {
  if (state.slug !== slug) {
    Object.assign(state, { filters: { type: "", floor: "", feature: "", status: "" }, found: null, searched: null, cursor: null });
    state.collapsed.clear();
  }
  Object.assign(state, { slug, chart: null });
}

const listeners = new Map();

/** Call `handler` whenever `what` is told; names are those of the state, and `chart` for everything on the grid. */
export function on(what, handler) {
  for (const name of what.split(" ")) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(handler);
  }
}

/** Tell that something of the state has changed. */
export function tell(...whats) {
  const called = new Set(whats.flatMap((what) => [...(listeners.get(what) ?? [])]));
  for (const handler of called) handler();
}

/** Tell whether the signed-in person has a permission in the hotel on the screen. */
export const may = (permission) => Boolean(state.chart?.permissions.has(permission));
