import { l10n } from "vscode";
import type { FieldName } from "../model/configuration-form.ts";
import { escapeHtml } from "./page.ts";

interface Row {
  readonly name: FieldName;
  readonly label: string;
  readonly hint?: string;
  readonly kind?: "area" | "restart" | "short";
}

/** The form of a run configuration, in the user's language. */
export function formBody(title: string): string {
  const t = (text: string): string => escapeHtml(l10n.t(text));
  const section = (name: string, rows: readonly Row[], boxes = ""): string =>
    `<section><h2>${t(name)}</h2>${rows.map(rowHtml).join("")}${boxes}</section>`;
  const box = (id: string, text: string): string => `<vscode-checkbox id="${id}">${t(text)}</vscode-checkbox>`;
  return `<main inert><h1>${escapeHtml(title)}</h1>
${section("What runs", [
  { name: "name", label: "Name" },
  { name: "image", label: "Image", hint: "nginx:latest" },
  { name: "command", label: "Command", hint: "Empty for the image's own" },
  { name: "entrypoint", label: "Entry point", hint: "Empty for the image's own" },
  { name: "user", label: "User", hint: "Empty for the image's own" },
  { name: "workingDir", label: "Working directory", hint: "/app" },
])}
${section("What it sees", [
  { name: "ports", label: "Ports", hint: "8080:80, one a line", kind: "area" },
  { name: "volumes", label: "Volumes", hint: "./src:/app:ro or data:/data, one a line", kind: "area" },
  { name: "env", label: "Environment", hint: "NAME=value, one a line", kind: "area" },
  { name: "envFiles", label: "Environment files", hint: ".env, one a line", kind: "area" },
  { name: "network", label: "Network", hint: "bridge" },
])}
${section(
  "How it lives",
  [
    { name: "containerName", label: "Name of the container", hint: "Empty for the configuration's" },
    { name: "restart", label: "Restart", kind: "restart" },
    { name: "memory", label: "Memory", hint: "512m", kind: "short" },
    { name: "cpus", label: "Processors", hint: "1.5", kind: "short" },
    { name: "pids", label: "Processes", hint: "100", kind: "short" },
  ],
  box("remove", "Remove the container when it ends") + box("interactive", "Run in a terminal"),
)}
${section("Ready when", [
  { name: "readyPort", label: "This port answers", hint: "80", kind: "short" },
  { name: "readyLog", label: "A line of its log matches", hint: "ready|listening" },
  { name: "readyTimeout", label: "Within seconds", hint: "60", kind: "short" },
])}
</main>
<footer>
  <vscode-button id="save">${t("Save")}</vscode-button>
  <vscode-button id="start" appearance="secondary">${t("Save and Start")}</vscode-button>
  <vscode-button id="cancel" appearance="secondary">${t("Cancel")}</vscode-button>
  <span id="message" role="alert"></span>
</footer>`;
}

function rowHtml({ name, label, hint = "", kind }: Row): string {
  const attributes = `id="${name}" class="${kind ?? "text"}" placeholder="${escapeHtml(l10n.t(hint || " "))}" aria-describedby="${name}-problem"`;
  const text = escapeHtml(l10n.t(label));
  const field =
    kind === "area"
      ? `<vscode-text-area ${attributes} rows="3" resize="vertical">${text}</vscode-text-area>`
      : kind === "restart"
        ? restartField(text)
        : `<vscode-text-field ${attributes}>${text}</vscode-text-field>`;
  return `<div class="field">${field}<p id="${name}-problem" class="problem" role="status"></p></div>`;
}

function restartField(label: string): string {
  const options = ["no", "always", "unless-stopped", "on-failure", "on-failure:3"];
  const rows = options
    .map((each) => `<vscode-option value="${each === "no" ? "" : each}">${each}</vscode-option>`)
    .join("");
  return `<label for="restart">${label}</label><vscode-dropdown id="restart" aria-label="${label}">${rows}</vscode-dropdown>`;
}
