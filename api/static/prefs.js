// How this browser likes its page: language, theme, zoom. Nothing about any person is kept.

const KEY = "keyrack";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // storage is off, or somebody wrote nonsense into it
  }
}

const kept = read();

/** Return a preference. */
export const preference = (name, otherwise) => kept[name] ?? otherwise;

/** Keep a preference, where the browser lets us. */
export function prefer(name, value) {
  kept[name] = value;
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // It holds until the page is closed.
  }
}

const dark = matchMedia("(prefers-color-scheme: dark)");

const themeNow = () => preference("theme", dark.matches ? "dark" : "light");

/** Show the page in the preferred theme; without one the system decides. */
export function applyTheme() {
  document.documentElement.dataset.theme = themeNow();
}

/** Switch between light and dark. */
export function switchTheme() {
  prefer("theme", themeNow() === "dark" ? "light" : "dark");
  applyTheme();
}

dark.addEventListener("change", applyTheme);
