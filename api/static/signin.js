// The first page: sign in.

import { button, el, field } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { signIn } from "./session.js";

/** Show the sign-in page; `done` is called once somebody is in. */
export function showSignIn(done, said = "") {
  const email = el("input", { type: "email", autocomplete: "username", required: true, maxlength: "320" });
  const password = el("input", { type: "password", autocomplete: "current-password", required: true, maxlength: "1000" });
  const fault = el("p", { class: "fault", role: "alert" }, said);
  const submit = button(t("sign_in"), () => {}, { kind: "primary", type: "submit" });
  const form = el("form", { class: "sign-in", novalidate: true }, field(t("email"), email), field(t("password"), password), fault, submit);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    fault.textContent = "";
    try {
      await signIn(email.value, password.value);
      await done();
    } catch (error) {
      fault.textContent = error.status === 401 || error.status === 422 ? t("sign_in_refused") : error.status === 0 ? t("offline") : error.message;
      submit.disabled = false;
      password.select();
    }
  });
  document.title = `Keyrack – ${t("sign_in")}`;
  document.getElementById("app").replaceChildren(
    el("main", { class: "welcome" }, el("div", { class: "welcome-box" }, el("h1", {}, icon("key", 26), " Keyrack"), el("p", { class: "muted" }, t("welcome")), form)),
  );
  email.focus();
}
