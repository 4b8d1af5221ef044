// What the service told about a hotel and some days, arranged the way the screen asks for it.

import { moment } from "./dates.js";

const NIGHT = 1 + 3 / 24; // three o'clock in the night after a day: whoever is there then sleeps there

/** Bookings in these states may still be given another room. */
export const MOVABLE = new Set(["CONFIRMED", "CHECKED_IN"]);

/** One period of a room: a `stay`, a `hold` (part of a taken suite) or a `closure`. */
function bar(kind, facts, row, first, last) {
  const start = moment(facts.starts_at);
  const end = moment(facts.ends_at);
  return { kind, ...row, room: facts.room_number, bed: facts.bed ?? 1, start, end, left: start < first, right: end > last };
}

/** A hotel's rooms, bookings and closures from `first` up to `last` (day numbers, the last one not included). */
export class Chart {
  constructor(told) {
    this.hotel = told.hotel;
    this.today = moment(told.hotel.business_date);
    this.permissions = new Set(told.permissions);
    this.version = told.version;
    this.first = moment(told.from);
    this.last = moment(told.to);
    this.types = new Map(told.room_types.map((type) => [type.code, type]));
    this.rooms = told.rooms;
    this.roomOf = new Map(told.rooms.map((room) => [room.room_number, room]));
    this.bookings = new Map(told.bookings.map((booking) => [booking.booking_id, booking]));
    this.bars = new Map(told.rooms.map((room) => [room.room_number, []]));
    for (const booking of told.bookings) {
      booking.shown = statusOf(booking, this.today);
      booking.party = booking.adults + booking.children;
      for (const place of booking.places) {
        const kind = place.part_of ? "hold" : "stay";
        this.bars.get(place.room_number)?.push(bar(kind, place, { booking, place }, this.first, this.last));
      }
    }
    for (const closure of told.closures) {
      this.bars.get(closure.room_number)?.push(bar("closure", closure, { closure }, this.first, this.last));
    }
    for (const bars of this.bars.values()) bars.sort((a, b) => a.start - b.start || a.bed - b.bed);
    this.unassigned = told.bookings.filter((booking) => booking.places.length === 0);
    this.waiting = this.unassigned.filter((booking) => booking.status !== "PENDING_PAYMENT");
    this.suiteOf = new Map(told.rooms.flatMap((room) => room.parts.map((part) => [part, room.room_number])));
  }

  /** Days shown. */
  get length() {
    return this.last - this.first;
  }

  /** The place of a booking: the last one, where a guest has moved. */
  place(booking) {
    const own = booking.places.filter((place) => !place.part_of);
    return own[own.length - 1] ?? null;
  }

  /** Number of the room of a booking, or null. */
  room(booking) {
    return this.place(booking)?.room_number ?? null;
  }

  /** When a booking takes its room: where it has none, from the hotel's check-in to its check-out time. */
  period(booking) {
    const place = this.place(booking);
    if (place) return [moment(place.starts_at), moment(place.ends_at)];
    const { check_in_time: arrival, check_out_time: departure } = this.hotel;
    const [from, to] = booking.check_in === booking.check_out ? [departure, arrival] : [arrival, departure];
    const start = moment(`${booking.check_in}T${booking.arrival_time ?? from}`);
    const end = moment(`${booking.check_out}T${booking.departure_time ?? to}`);
    return [start, Math.max(end, start + 1 / 1440) + this.hotel.turnaround_minutes / 1440];
  }

  /** Ranks above (or below, negative) its booked type that a booking is in a room. */
  upgrade(booking, number) {
    const rank = (code) => this.types.get(code)?.rank ?? 0;
    return rank(this.roomOf.get(number)?.room_type) - rank(booking.room_type);
  }

  /** What stands in a room at some time between two moments, without one booking's own. */
  inTheWay(number, start, end, booking = null) {
    return (this.bars.get(number) ?? []).filter((b) => b.start < end && b.end > start && b.booking !== booking);
  }

  /** Bookings of the guests who are still in the room that a booking is to come into: in its bed, or a part of its suite. */
  stillIn(booking) {
    const place = this.place(booking);
    if (!place) return [];
    const rooms = [place.room_number, ...(this.roomOf.get(place.room_number)?.parts ?? [])];
    const bars = rooms.flatMap((room) => this.bars.get(room) ?? []).filter((each) => each.booking && each.booking !== booking);
    const inBed = (each) => this.roomOf.get(each.room).beds === 1 || each.bed === (place.bed ?? 1);
    const stays = (each) => [each.room, each.place.part_of].includes(this.room(each.booking)); // and has not moved on
    const there = bars.filter((each) => each.booking.status === "CHECKED_IN" && inBed(each) && stays(each));
    return [...new Set(there.map((each) => each.booking))];
  }

  /** Free rooms (in dorms: beds) in each night, by type and as `total`; suites are left out of the total. */
  free() {
    if (this.counted) return this.counted;
    const taken = new Map(this.rooms.map((room) => [room.room_number, this.takenNights(room)]));
    const counts = new Map([...this.types.keys(), "total"].map((key) => [key, new Array(this.length).fill(0)]));
    for (const room of this.rooms) {
      if (!room.active) continue;
      const parts = room.parts.map((part) => taken.get(part)).filter(Boolean);
      const own = taken.get(room.room_number);
      for (let day = 0; day < this.length; day += 1) {
        const beds = parts.some((part) => part[day]) ? 0 : Math.max(0, room.beds - own[day]);
        counts.get(room.room_type)[day] += beds;
        if (!room.parts.length) counts.get("total")[day] += beds;
      }
    }
    this.counted = counts;
    return counts;
  }

  /** Beds of a room that are taken in each night; a closure takes all of them. */
  takenNights(room) {
    const taken = new Uint16Array(this.length);
    for (const bar of this.bars.get(room.room_number)) {
      const from = Math.max(0, Math.ceil(bar.start - NIGHT - this.first + 1e-9));
      const to = Math.min(this.length, Math.ceil(bar.end - NIGHT - this.first));
      for (let day = from; day < to; day += 1) taken[day] += bar.kind === "closure" ? room.beds : 1;
    }
    return taken;
  }

  /** Bookings without a room in each night: all, and those that are confirmed. */
  roomless() {
    return { all: this.perNight(this.unassigned), waiting: this.perNight(this.waiting) };
  }

  perNight(bookings) {
    const counts = new Array(this.length).fill(0);
    for (const booking of bookings) {
      const from = Math.max(0, moment(booking.check_in) - this.first);
      const to = Math.min(this.length, Math.max(moment(booking.check_out), moment(booking.check_in) + 1) - this.first);
      for (let day = from; day < to; day += 1) counts[day] += 1;
    }
    return counts;
  }

  /** All features that a room has, sorted. */
  features() {
    return [...new Set(this.rooms.flatMap((room) => room.features))].sort();
  }

  /** All floors, sorted. */
  floors() {
    return [...new Set(this.rooms.map((room) => room.floor))].sort((a, b) => a - b);
  }
}

/** What the trade calls the state of a booking on a day: due in, in house, due out, ... */
export function statusOf(booking, today) {
  const arrives = moment(booking.check_in);
  const leaves = moment(booking.check_out);
  if (booking.status === "PENDING_PAYMENT") return "unconfirmed";
  if (booking.status === "CHECKED_IN") return leaves <= today ? "due_out" : "in_house";
  if (booking.status === "CONFIRMED") return arrives <= today ? "due_in" : "future";
  return "gone";
}
