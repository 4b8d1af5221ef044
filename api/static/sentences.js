// What the service says in whole sentences (reasons, refusals), in the language of the page, with names and dates as
// people write them. Each line is a sentence in English, as it comes, and in German: `{a}` stands for a value, `{+a}`
// for a sentence within the sentence, `{*a}` for some of them with commas between.

import { bookingOf } from "./beyond.js";
import { dayAndTime, longDay, moment } from "./dates.js";
import { language } from "./messages.js";

const SENTENCES = [
  // Why a run does what it does
  ["no room at all is allowed for it", "kein Zimmer ist dafür erlaubt"],
  ["no room of type {a} takes this stay: party {b}, needs {c}", "kein Zimmer der Kategorie {a} nimmt diesen Aufenthalt: {b} Personen, braucht {c}"],
  ["no room of type {a} takes this stay: party {b}", "kein Zimmer der Kategorie {a} nimmt diesen Aufenthalt: {b} Personen"],
  ["all {a} rooms that fit are closed during the stay", "alle {a} passenden Zimmer sind in dieser Zeit gesperrt"],
  ["all {a} rooms that fit are taken or closed at some time during the stay", "alle {a} passenden Zimmer sind in dieser Zeit einmal belegt oder gesperrt"],
  ["had no room", "hatte kein Zimmer"],
  ["had no room; upgraded from {a} to {b}", "hatte kein Zimmer; von {a} auf {b} aufgewertet"],
  ["{a} is closed from {b} to {c}", "{a} ist gesperrt von {b} bis {c}"],
  ["{a} no longer fits: {+b}", "{a} passt nicht mehr: {+b}"],
  ["this room was asked for", "dieses Zimmer war gewünscht"],
  ["makes room for {a} in {b}", "macht in {b} Platz für {a}"],
  ["better off in {a}: {*b}", "besser in {a}: {*b}"],
  ["less out of type ({a})", "näher an der gebuchten Kategorie ({a})"],
  ["meets more wishes ({a})", "erfüllt mehr Wünsche ({a})"],
  ["a room that suits the stay better ({a})", "ein passenderes Zimmer ({a})"],
  ["spares a room that is used more than others ({a})", "schont ein viel genutztes Zimmer ({a})"],
  ["nearer to its group", "näher bei der Gruppe"],
  ["costs nothing to move, and serves the plan as a whole", "der Umzug kostet nichts und dient dem ganzen Plan"],
  ["leaves fewer gaps that cannot be sold", "lässt weniger unverkäufliche Lücken"],
  ["Made for {a} in {b}: the fewest others move.", "Für {a} in {b}: so wenige andere wie möglich ziehen um."],
  ["Made for {a} in {b}: few others move.", "Für {a} in {b}: wenige andere ziehen um."],

  // What a room lacks
  ["type {a} is not allowed", "Kategorie {a} ist nicht erlaubt"],
  ["sleeps {a}, the party is {b}", "für {a} Personen, es kommen {b}"],
  ["lacks {a}", "ohne {a}"],
  ["not among its allowed rooms", "keines der Zimmer dieser Buchung"],
  ["among its forbidden rooms", "für diese Buchung ausgeschlossen"],
  ["takes {a}", "nimmt nur {a}"],
  ["{a} is out of use", "{a} ist nicht in Gebrauch"],
  ["{a} of gender {b} in {c}, which takes {d}", "{a} ({b}) in {c}, das nur {d} nimmt"],
  ["{a} and {b} differ in gender in {c}", "{a} und {b} passen in {c} dem Geschlecht nach nicht zusammen"],
  ["{a} in {b}: {+c}", "{a} in {b}: {+c}"],
  ["{a} is missing from the plan", "{a} fehlt im Plan"],
  ["room {a}: {b} on {c} bed(s) at slot {d}", "Zimmer {a}: {b} in {c} Bett(en)"],
  ["{a} in {b} and {c} in {d}: the two share a room", "{a} in {b} und {c} in {d}: beide teilen einen Raum"],
  ["{a} in {b}, closed in [{c}, {d})", "{a} in {b}, gesperrt"],
  ["{a} is locked in {b}, planned {c}", "{a} ist in {b} fixiert, geplant {c}"],

  // What a room says to somebody who is dropped on it
  ["{a} is taken by {b} from {c} to {d}", "{a} ist belegt von {b}, {c} bis {d}"],
  ["{a} is taken by {b}", "{a} ist belegt von {b}"],
  ["no bed of {a} is free for the whole stay", "in {a} ist kein Bett durchgehend frei"],
  ["{a} is closed {b}", "{a} ist gesperrt {b}"],
  ["{a} is still in {b}", "{a} ist noch in {b}"],
  ["{a} must keep its room: {+b}", "{a} muss das Zimmer behalten: {+b}"],
  ["locked", "fixiert"],
  ["{a} must keep its room", "{a} muss das Zimmer behalten"],
  ["{a} must stay where it is.", "{a} muss bleiben, wo es ist."],
  ["upgrade: booked {a}, {b} is {c}", "Aufwertung: gebucht {a}, {b} ist {c}"],
  ["downgrade: booked {a}, {b} is {c}", "Abwertung: gebucht {a}, {b} ist {c}"],
  ["misses {a} of {b} wishes", "{a} von {b} Wünschen bleiben offen"],
  ["moves the guest from {a}", "der Gast zieht aus {a} um"],
  ["{a} is not clean yet ({b})", "{a} ist noch nicht sauber ({b})"],
  ["{a} is not clean", "{a} ist nicht sauber"],
  ["The room is already taken at that time.", "Das Zimmer ist in dieser Zeit schon belegt."],
  ["The room is closed at that time.", "Das Zimmer ist in dieser Zeit gesperrt."],

  // What a booking cannot do as it stands
  ["{a} is PENDING_PAYMENT", "{a} ist noch nicht bestätigt"],
  ["{a} is CONFIRMED", "{a} ist bestätigt"],
  ["{a} is CHECKED_IN", "{a} ist im Haus"],
  ["{a} is COMPLETED", "{a} ist abgereist"],
  ["{a} is CANCELLED", "{a} ist storniert"],
  ["{a} is NO_SHOW", "{a} ist nicht angereist"],
  ["{a} is {b}", "{a} ist {b}"],
  ["{a} is {b}: it has no stay ahead.", "{a} hat keinen Aufenthalt mehr vor sich."],
  ["{a} has no room", "{a} hat kein Zimmer"],
  ["{a} has no room to keep.", "{a} hat kein Zimmer, das es behalten könnte."],
  ["{a} is not locked", "{a} ist nicht fixiert"],
  ["{a} arrives on {b}, the hotel's day is {c}", "{a} reist am {b} an, im Haus ist der {c}"],
  ["{a} ends on {b}, the hotel's day is {c}", "{a} endet am {b}, im Haus ist der {c}"],
  ["{a} ended on {b}.", "{a} endete am {b}."],
  ["{a} has changed rooms since it checked in", "{a} ist seit dem Check-in umgezogen"],
  ["{a} is in house: moving a guest is a room move, with a reason.", "{a} ist im Haus: ein Umzug braucht einen Grund."],
  ["{a} has its room until {b} only: extend it first.", "{a} hat das Zimmer nur bis {b}: zuerst verlängern."],
  ["{a} has its room until {b}, it is {c} now: extend it.", "{a} hat das Zimmer bis {b}, es ist {c}: bitte verlängern."],
  ["{a} has changed in the meantime.", "{a} wurde inzwischen geändert."],
  ["{a} is in {b} already.", "{a} ist schon in {b}."],
  ["name another booking", "eine andere Buchung nennen"],
  ["Both are in {a}.", "Beide sind in {a}."],
  ["It has changed since you read it.", "Es wurde geändert, seit Sie es gelesen haben."],
  ["The hotel is being changed by somebody else; try again in a moment.", "Gerade ändert jemand anderes etwas; gleich noch einmal versuchen."],
  ["Your role in this hotel does not allow this.", "Ihre Rolle in diesem Haus erlaubt das nicht."],
  ["There is no such thing here.", "Das gibt es hier nicht."],
  ["A rule of the house forbids it.", "Eine Regel des Hauses verbietet es."],

  // Runs
  ["The run is {a}.", "Der Lauf ist {a}."],
  ["What is accepted needs what is rejected.", "Angenommenes braucht, was abgelehnt ist."],
  ["cannot be done with what is rejected: {+a}", "geht nicht mit dem, was abgelehnt ist: {+a}"],
  ["{a} is accepted too", "{a} ist auch angenommen"],
  ["the run does not change {a}", "der Lauf ändert {a} nicht"],
  ["a former room has been taken since", "ein früheres Zimmer ist inzwischen belegt"],
  ["{a} cannot have the room that was proposed", "{a} kann das vorgeschlagene Zimmer nicht haben"],
  ["The hotel has changed where the plan would write: nothing was written; solve again.", "Das Haus hat sich geändert, wo der Plan schreiben würde: nichts ist geschrieben; bitte neu rechnen."],
  ["Something depends on the run that was to be undone: nothing was undone.", "Anderes hängt von dem Lauf ab: nichts ist zurückgenommen."],
  ["{a} is no longer a stay: cancelled, checked out, or out of the horizon", "{a} ist kein Aufenthalt mehr: storniert, abgereist oder außerhalb der Tage"],
  ["{a} is locked in {b}", "{a} ist in {b} fixiert"],
  ["{a} was in {b}, is now in {c}", "{a} war in {b}, ist jetzt in {c}"],
  ["{a}: its {b} has changed", "{a} wurde geändert ({b})"],
  ["{a} is new", "{a} ist neu"],
  ["{a} has changed", "{a} wurde geändert"],
  ["closures of {a} have changed", "die Sperren von {a} haben sich geändert"],
  ["no beds are left in {a}", "in {a} ist kein Bett mehr frei"],
  ["{a} in {b} has been changed since", "{a} in {b} wurde seitdem geändert"],
  ["{a} is now taken by {b}", "{a} ist jetzt belegt von {b}"],
  ["{a} is now {b}", "{a} ist jetzt {b}"],

  // Why something does not fit, and ways out
  ["{a} stay competes for {b} free {c} of {d} on {e}.", "{a} Aufenthalt, {b} freie Plätze ({d}) am {e}."],
  ["{a} stays compete for {b} free {c} of {d} on {e}.", "{a} Aufenthalte, {b} freie Plätze ({d}) am {e}."],
  ["{a} stay competes for {b} free {c} on {d}.", "{a} Aufenthalt, {b} freie Plätze am {d}."],
  ["{a} stays compete for {b} free {c} on {d}.", "{a} Aufenthalte, {b} freie Plätze am {d}."],
  ["At least {a} others would have to move.", "Mindestens {a} andere müssten umziehen."],
  ["None of the ways to move {a} stays among {b} rooms makes space.", "Keine Verteilung von {a} Aufenthalten auf {b} Zimmer schafft Platz."],
  ["Unlock {a}.", "Fixierung von {a} lösen."],
  ["End closure {a}.", "Sperre {a} beenden."],
  ["Shorten closure {a} to {b} - {c}.", "Sperre {a} verkürzen auf {b} – {c}."],
  ["Shorten closure {a}.", "Sperre {a} verkürzen."],
  ["Give a {a} room.", "Ein Zimmer der Kategorie {a} geben."],
  ["Give a {a} room, lower than what was booked.", "Ein Zimmer der Kategorie {a} geben, niedriger als gebucht."],
  ["Do without {a}.", "Auf {a} verzichten."],
  ["Change rooms after night {a}.", "Nach Nacht {a} das Zimmer wechseln."],

  // Faults of a form
  ["The request has faults.", "Die Angaben haben Fehler."],
  ["The booking has faults.", "Die Buchung hat Fehler."],
  ["is before the hotel's day, {a}", "liegt vor dem Tag des Hauses, {a}"],
  ["is before the business date {a}", "liegt vor dem Tag des Hauses, {a}"],
  ["must not be before check_in", "darf nicht vor der Anreise liegen"],
  ["check-out {a} is before check-in {b}", "die Abreise {a} liegt vor der Anreise {b}"],
  ["a day use cannot end at {a}, it begins at {b}", "eine Tagesnutzung kann nicht um {a} enden, sie beginnt um {b}"],
  ["at least one person stays", "mindestens eine Person bleibt"],
  ["must end after it starts", "muss nach dem Anfang enden"],
  ["there is no room {a}", "es gibt kein Zimmer {a}"],
  ["There is no room {a}.", "Es gibt kein Zimmer {a}."],
  ["there is no room type {a}", "es gibt keine Kategorie {a}"],
  ["there is no such room type", "es gibt diese Kategorie nicht"],
  ["there is no group {a}", "es gibt keine Gruppe {a}"],
];

const HOLE = /\{([+*]?)(\w)\}/g;
const quoted = (text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");

let known = null;

/** The sentences as patterns, those with the most fixed text first. */
function patterns() {
  known ??= SENTENCES.map(([english, german]) => {
    const holes = [...english.matchAll(HOLE)];
    const fixed = english.split(/\{[+*]?\w\}/);
    const pattern = new RegExp(`^${fixed.map(quoted).join("(.+?)")}$`);
    return { pattern, german, holes: holes.map(([, kind, name]) => [kind, name]), weight: fixed.join("").length };
  }).sort((a, b) => b.weight - a.weight);
  return known;
}

function translated(sentence) {
  for (const { pattern, german, holes } of patterns()) {
    // A full stop at the end is a matter of where a sentence stands.
    const found = pattern.exec(sentence) ?? (sentence.endsWith(".") ? pattern.exec(sentence.slice(0, -1)) : null);
    if (!found) continue;
    const values = new Map(holes.map(([kind, name], at) => [name, filled(kind, found[at + 1])]));
    return german.replace(HOLE, (_, kind, name) => values.get(name));
  }
  return sentence.includes("; ") ? sentence.split("; ").map(translated).join("; ") : sentence;
}

function filled(kind, value) {
  if (kind === "+") return translated(value);
  if (kind === "*") return value.split(", ").map(translated).join(", ");
  return value;
}

/** Return a sentence of the service as people read it: in their language, guests by name, days as they write them. */
export function said(sentence) {
  const text = language() === "en" ? sentence : translated(sentence);
  return text
    .replace(/\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?\b/g, (_, day, time) => (time ? dayAndTime(moment(`${day}T${time}`)) : longDay(moment(day))))
    .replace(/BK-\d{4}-\w{6}/g, (id) => {
      const guest = bookingOf(id)?.guest_name;
      return guest ? `${guest} (${id})` : id;
    });
}
