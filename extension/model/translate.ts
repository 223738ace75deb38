/** Puts a text into the user's language, with `{0}`, `{1}`, … replaced: `vscode.l10n.t` in the editor, {@link plain} in tests. */
export type Translate = (message: string, ...values: readonly (string | number)[]) => string;

/** English. */
export const plain: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
