/** Levels of dockerd's --log-level. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging: one line a call, fields beside the message. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  with(fields: LogFields): Logger;
  setLevel(level: LogLevel): void;
}

export type LogFormat = "text" | "json";

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; standard error of the daemon. */
  readonly write: (line: string) => void;
}

export function createLogger(options: LoggerOptions, fields: LogFields = {}, state = { level: options.level }): Logger {
  const emit = (level: LogLevel, message: string, more: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(state.level)) return;
    const entry = { time: new Date().toISOString(), level, msg: message, ...fields, ...more };
    options.write(options.format === "json" ? jsonLine(entry) : textLine(entry));
  };
  return {
    debug: (message, more) => emit("debug", message, more),
    info: (message, more) => emit("info", message, more),
    warn: (message, more) => emit("warn", message, more),
    error: (message, more) => emit("error", message, more),
    with: (more) => createLogger(options, { ...fields, ...more }, state),
    setLevel: (level) => void (state.level = level),
  };
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return value;
}

function jsonLine(entry: Record<string, unknown>): string {
  return JSON.stringify(entry, (_key, value: unknown) => plain(value)) + "\n";
}

/** logfmt: bare where the value allows it, quoted as JSON where not. */
function textLine(entry: Record<string, unknown>): string {
  const pairs = Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const shown = plain(value);
      const text = typeof shown === "string" ? shown : JSON.stringify(shown);
      return `${key}=${/^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text)}`;
    });
  return pairs.join(" ") + "\n";
}

/** For tests and for callers that have nothing to say. */
export const silent: Logger = createLogger({ level: "fatal", format: "text", write: () => undefined });
