/** The editor's side of a page. */
declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

export interface Host<In, Out> {
  readonly send: (message: Out) => void;
  readonly listen: (take: (message: In) => void) => void;
}

export function host<In, Out>(): Host<In, Out> {
  const api = acquireVsCodeApi();
  return {
    send: (message) => api.postMessage(message),
    listen: (take) => window.addEventListener("message", ({ data }: MessageEvent<In>) => take(data)),
  };
}

/** The element with this id, which the page's body has. */
export function element<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

/** What fields of the toolkit have in common. */
export interface Field extends HTMLElement {
  value: string;
}

export interface Box extends HTMLElement {
  checked: boolean;
}
