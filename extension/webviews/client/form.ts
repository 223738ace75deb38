import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextArea,
  vsCodeTextField,
} from "@vscode/webview-ui-toolkit";
import { FIELD_NAMES, type FieldName, type FormFields } from "../../model/configuration-form.ts";
import type { FromForm, ToForm } from "../form-messages.ts";
import { element, host, type Box, type Field } from "./host.ts";

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeTextArea(),
  vsCodeTextField(),
);

const { send, listen } = host<ToForm, FromForm>();

function fields(): FormFields {
  const texts = Object.fromEntries(FIELD_NAMES.map((name) => [name, element<Field>(name).value ?? ""])) as Record<
    FieldName,
    string
  >;
  return { ...texts, remove: element<Box>("remove").checked, interactive: element<Box>("interactive").checked };
}

/** Problems show for what was touched, and for everything once somebody wanted to save. */
const touched = new Set<string>();

function showProblems(problems: Partial<Record<FieldName, string>>, all: boolean): void {
  for (const name of FIELD_NAMES) {
    const problem = all || touched.has(name) ? (problems[name] ?? "") : "";
    element(`${name}-problem`).textContent = problem;
    element(name).setAttribute("aria-invalid", String(problem !== ""));
  }
  const first = FIELD_NAMES.find((name) => problems[name] !== undefined);
  if (all && first !== undefined) element(first).focus();
  element("message").textContent = all && first !== undefined ? (problems[first] ?? "") : "";
}

listen((message) => {
  if (message.type === "problems") return showProblems(message.problems, message.focus);
  for (const name of FIELD_NAMES) element<Field>(name).value = message.fields[name];
  document.querySelector("main")?.removeAttribute("inert");
  element<Box>("remove").checked = message.fields.remove;
  element<Box>("interactive").checked = message.fields.interactive;
  element(message.fields.name === "" ? "name" : "image").focus();
});

for (const name of FIELD_NAMES)
  element(name).addEventListener("change", () => {
    touched.add(name);
    send({ type: "check", fields: fields() });
  });

element("save").addEventListener("click", () => send({ type: "save", fields: fields(), start: false }));
element("start").addEventListener("click", () => send({ type: "save", fields: fields(), start: true }));
element("cancel").addEventListener("click", () => send({ type: "cancel" }));

window.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    send({ type: "save", fields: fields(), start: false });
  }
});

send({ type: "ready" });
