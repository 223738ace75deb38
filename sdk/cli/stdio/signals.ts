/** What a terminal or another program may send us and a container may want to hear of. */
const FORWARDED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGALRM"] as const;

/** After so many requests to end, the command ends whatever the container does, as docker's has it. */
const PATIENCE = 3;

/**
 * Hands signals on instead of dying of them, until it is disposed. A signal that does not arrive is dropped: the process
 * may just have ended.
 */
export function forwardSignals(send: (signal: string) => Promise<unknown>): Disposable {
  let endings = 0;
  const listeners = FORWARDED.map((signal) => {
    const listener = (): void => {
      if (signal === "SIGINT" || signal === "SIGTERM") endings++;
      if (endings >= PATIENCE) {
        process.stderr.write("\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n");
        process.exit(1);
      }
      send(signal.slice("SIG".length)).catch(() => undefined);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
