import type { Command } from "../command.ts";

/** Version and facts of the engine, as a document. */
export const command: Command = {
  id: "slipway.engine.inspect",
  async run(app) {
    await app.session.engine();
    await app.documents.open({ kind: "engine", id: "engine", name: "engine" });
  },
};
