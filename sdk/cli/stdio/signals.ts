/** What a terminal or another program may send us and a container may want to hear of. */
const FORWARDED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGALRM"] as const;

/**
 * Hands signals on instead of dying of them, until it is disposed. A signal that does not arrive is dropped: the process
 * may just have ended.
 */
export function forwardSignals(send: (signal: string) => Promise<unknown>): Disposable {
  const listeners = FORWARDED.map((signal) => {
    const listener = (): void => void send(signal.slice("SIG".length)).catch(() => undefined);
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
