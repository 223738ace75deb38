import { randomBytes } from "node:crypto";
import { Uri, type Webview } from "vscode";

/** A page: one script and one style sheet of ours, nothing inline, nothing from elsewhere. */
export function pageHtml(
  webview: Webview,
  root: Uri,
  page: { readonly name: "log" | "form"; readonly title: string; readonly body: string },
): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string): string => webview.asWebviewUri(Uri.joinPath(root, "dist/pages", name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file(`${page.name}.css`)}">
<title>${escapeHtml(page.title)}</title>
</head>
<body>
${page.body}
<script nonce="${nonce}" src="${file(`${page.name}.js`)}"></script>
</body>
</html>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.codePointAt(0)};`);
}
