import type { Duplex } from "node:stream";

/**
 * Joins a client's connection to the stdio of a process, with back-pressure both ways, until the client has gone. The end of
 * one side's bytes is the end of the other's: the client's closes stdin, the process's tells the client that it is over.
 */
export function join(client: Duplex, stdio: Duplex, stdin: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stdio.pipe(client);
  if (stdin) client.pipe(stdio);
  else client.resume();

  // The rest of what the client types is read and dropped: closing on unread bytes would reset the connection, and the client
  // might lose the end of its output.
  stdio.once("end", () => {
    client.unpipe(stdio);
    client.resume();
  });
  client.once("close", () => {
    stdio.destroy();
    resolve();
  });
  stdio.once("close", () => {
    if (!stdio.readableEnded) client.destroy();
  });
  // Either way of breaking off is an end; what the process makes of it is the engine's to say.
  client.on("error", () => stdio.destroy());
  stdio.on("error", () => client.destroy());
  if (client.destroyed) {
    stdio.destroy();
    resolve();
  }
  return promise;
}
