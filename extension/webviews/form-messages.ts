import type { FieldName, FormFields } from "../model/configuration-form.ts";

export type ToForm =
  | {
      readonly type: "fields";
      readonly fields: FormFields;
      readonly images: readonly string[];
      readonly networks: readonly string[];
    }
  | { readonly type: "problems"; readonly problems: Partial<Record<FieldName, string>>; readonly focus: boolean };

export type FromForm =
  | { readonly type: "ready" }
  | { readonly type: "check"; readonly fields: FormFields }
  | { readonly type: "save"; readonly fields: FormFields; readonly start: boolean }
  | { readonly type: "cancel" };
