// Who is signed in. The sign-in is in a cookie that no script can read; the page only knows a name and its hotels.

import { call } from "./api.js";

const SESSION = "/api/auth/session/";

/** Return who is signed in and where they work, or null. */
export async function whoIsHere() {
  try {
    return await call("GET", SESSION);
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

/** Sign in. */
export const signIn = (email, password) => call("POST", SESSION, { body: { email, password } });

/** Accept an invitation to work in a hotel; whoever is signed in to the account is signed out. */
export const acceptInvitation = (token, password) => call("POST", "/api/auth/invitations/accept/", { body: { token, password } });

/** Sign out of this browser. */
export const signOut = () => call("DELETE", SESSION);
