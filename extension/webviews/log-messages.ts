import type { Line, LineFilter } from "../model/line-store.ts";

/** What the log's page and its host say to each other. */
export type ToPage =
  | {
      readonly type: "state";
      /** Lines that the filter shows. */
      readonly count: number;
      readonly total: number;
      /** A sentence about the container and the engine. */
      readonly status: string;
      /** The lines have other numbers than before: what is drawn must be asked for again. */
      readonly renumbered: number;
    }
  | { readonly type: "rows"; readonly from: number; readonly rows: readonly Line[]; readonly renumbered: number }
  | { readonly type: "found"; readonly index: number };

export type FromPage =
  | { readonly type: "ready" }
  | { readonly type: "rows"; readonly from: number; readonly to: number }
  | { readonly type: "filter"; readonly filter: LineFilter }
  | { readonly type: "find"; readonly text: string; readonly from: number; readonly backwards: boolean }
  | { readonly type: "earlier" }
  | { readonly type: "action"; readonly name: "document" | "save" | "clear" };
