// Making elements. Text only ever becomes text: no markup is parsed anywhere in these pages.

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element. `attributes`: `on` maps events to handlers, `data` to data-*, false and null leave one out. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Return a new SVG element. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Set attributes of an element, as `el` takes them. */
export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else if (key === "data") {
      Object.assign(element.dataset, value);
    } else if (value === false || value === null || value === undefined) {
      element.removeAttribute(key);
    } else {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
}

/** Return a button with a text; `kind` is one of the looks in base.css. */
export function button(text, handler, { kind = "", icon: drawn = null, ...attributes } = {}) {
  return el("button", { type: "button", class: `button ${kind}`, on: { click: handler }, ...attributes }, drawn, text);
}

/** Return a button that shows an icon only; its name is for everybody who does not see it. */
export function iconButton(name, drawn, handler, attributes = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": name, title: name, on: { click: handler }, ...attributes }, drawn);
}

/** Give one of several elements a place in the order of the Tab key; the arrows, Home and End go on from there. */
export function rove(elements) {
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -elements.length, End: elements.length };
  elements.forEach((element, at) => {
    element.tabIndex = at ? -1 : 0;
    element.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.altKey) return;
      event.preventDefault();
      const next = elements[Math.max(0, Math.min(at + keys[event.key], elements.length - 1))];
      element.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  });
}

let fields = 0;

/** Return an input with its label and, below it, a hint. */
export function field(label, input, hint = null) {
  fields += 1;
  input.id = `field-${fields}`;
  if (hint) input.setAttribute("aria-describedby", `hint-${fields}`);
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, hint && el("small", { id: `hint-${fields}` }, hint));
}

/** Return a list of terms and what they mean; pairs without a value are left out. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, shown.map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
}

/** Return a select; `options` are pairs of value and text. */
export function choice(options, chosen, handler, attributes = {}) {
  const made = el("select", { ...attributes, on: { change: (event) => handler(event.target.value, event.target) } });
  for (const [value, text] of options) made.append(el("option", { value, selected: value === chosen }, text));
  return made;
}
