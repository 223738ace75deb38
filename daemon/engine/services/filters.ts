/** Filters as the API gives them: name → accepted values, already checked against the names that the endpoint knows. */
export type Filters = ReadonlyMap<string, readonly string[]>;
