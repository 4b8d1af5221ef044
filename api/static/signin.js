// The first page: sign in, or accept an invitation to work in a hotel.

import { button, el, field } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./messages.js";
import { acceptInvitation, signIn } from "./session.js";

/** Show the sign-in page; `done` is called once somebody is in. */
export function showSignIn(done, said = "", welcome = t("welcome")) {
  const email = el("input", { type: "email", autocomplete: "username", required: true, maxlength: "320" });
  const password = el("input", { type: "password", autocomplete: "current-password", required: true, maxlength: "1000" });
  showForm(t("sign_in"), welcome, [field(t("email"), email), field(t("password"), password)], {
    said,
    refused: { 401: t("sign_in_refused"), 422: t("sign_in_refused") },
    send: async () => {
      await signIn(email.value, password.value);
      await done();
    },
    again: () => password.select(),
    other: button(t("have_invitation"), () => showInvitation(done), { kind: "quiet" }),
  });
  email.focus();
}

/** Show where an invitation is accepted, by the `code` of its link or one typed in; then comes the sign-in page. */
export function showInvitation(done, code = "") {
  const token = el("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true, maxlength: "200", value: code });
  const password = el("input", { type: "password", autocomplete: "new-password", required: true, maxlength: "1000" });
  showForm(t("accept_invitation"), t("invitation_welcome"), [field(t("invitation_code"), token), field(t("new_password"), password, t("new_password_hint"))], {
    refused: { 401: t("invitation_refused"), 422: t("invitation_faulty") },
    send: async () => {
      await acceptInvitation(token.value.trim(), password.value);
      showSignIn(done, "", t("invitation_accepted"));
    },
    again: () => token.select(),
    other: button(t("sign_in"), () => showSignIn(done), { kind: "quiet" }),
  });
  (code ? password : token).focus();
}

/** Show a form alone on the page; `refused` is what to say by status, `again` is called when it may be tried again. */
function showForm(title, welcome, fields, { said = "", refused, send, again, other }) {
  const fault = el("p", { class: "fault", role: "alert" }, said);
  const submit = button(title, () => {}, { kind: "primary", type: "submit" });
  const form = el("form", { class: "sign-in", novalidate: true }, fields, fault, submit, other);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    fault.textContent = "";
    try {
      await send();
    } catch (error) {
      fault.textContent = refused[error.status] ?? (error.status === 0 ? t("offline") : error.message);
      submit.disabled = false;
      again();
    }
  });
  document.title = `Keyrack – ${title}`;
  document.getElementById("app").replaceChildren(
    el("main", { class: "welcome" }, el("div", { class: "welcome-box" }, el("h1", {}, icon("key", 26), " Keyrack"), el("p", { class: "muted" }, welcome), form)),
  );
}
