// Why a booking has no room, and the cheapest ways out.

/** Return an element for a booking without a room; null for one that has one. */
export function whyNoRoom(_detail) {
  return null;
}
