// Who is signed in. The tokens are in cookies that no script can read; the page only knows a name and its hotels.
// Where the service has no such cookies yet, a token is kept in memory instead and is gone with the page.

import { bear, call } from "./api.js";

const SESSION = "/api/auth/session/";

let cookieless = false;
let person = null;

/** Return who is signed in and where they work, or null. */
export async function whoIsHere() {
  if (cookieless) return person;
  try {
    return await call("GET", SESSION);
  } catch (error) {
    if (error.status === 401) return null;
    if (error.status !== 404) throw error;
    cookieless = true;
    return null;
  }
}

/** Sign in. */
export async function signIn(email, password) {
  if (!cookieless) return call("POST", SESSION, { body: { email, password } });
  const tokens = await call("POST", "/api/auth/token/", { body: { email, password } });
  bear(tokens.access_token);
  const slug = /^\/hotels\/([^/]+)\//.exec(location.pathname)?.[1];
  person = { name: email, email, hotels: slug ? [{ slug, name: slug }] : [] };
  return person;
}

/** Sign out, everywhere in this browser. */
export async function signOut() {
  person = null;
  bear(null);
  if (!cookieless) await call("DELETE", SESSION);
}
