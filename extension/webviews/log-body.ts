import { l10n } from "vscode";
import { escapeHtml } from "./page.ts";

/** The page of a log, in the user's language. */
export function logBody(): string {
  const t = (text: string): string => escapeHtml(l10n.t(text));
  return `<header role="toolbar" aria-label="${t("Log")}">
  <vscode-text-field id="filter" placeholder="${t("Filter: text or /expression/")}" aria-label="${t("Show only lines with")}"></vscode-text-field>
  <vscode-text-field id="find" placeholder="${t("Find")}" aria-label="${t("Find in the log; Enter goes to the next")}"></vscode-text-field>
  <vscode-dropdown id="stream" aria-label="${t("Stream")}">
    <vscode-option value="all">${t("Both")}</vscode-option>
    <vscode-option value="stdout">stdout</vscode-option>
    <vscode-option value="stderr">stderr</vscode-option>
  </vscode-dropdown>
  <vscode-dropdown id="since" aria-label="${t("Time")}">
    <vscode-option value="">${t("Any time")}</vscode-option>
    <vscode-option value="60">${t("Last minute")}</vscode-option>
    <vscode-option value="900">${t("Last 15 minutes")}</vscode-option>
    <vscode-option value="3600">${t("Last hour")}</vscode-option>
    <vscode-option value="86400">${t("Last day")}</vscode-option>
  </vscode-dropdown>
  <vscode-checkbox id="times">${t("Times")}</vscode-checkbox>
  <vscode-checkbox id="follow" checked>${t("Follow")}</vscode-checkbox>
  <vscode-button id="document" appearance="secondary" title="${t("Open as a document")}" aria-label="${t("Open as a document")}">${t("Open")}</vscode-button>
  <vscode-button id="save" appearance="secondary">${t("Save…")}</vscode-button>
  <vscode-button id="clear" appearance="secondary">${t("Clear")}</vscode-button>
</header>
<main id="scroller" tabindex="0" role="log" aria-label="${t("Lines of the log")}"><div id="space"></div><div id="rows"></div></main>
<footer><span id="status" role="status"></span><span id="numbers"></span></footer>`;
}
