import type { Command } from "../command.ts";

/** What this machine lacks for the bundled engine, and the command that brings each thing. */
export const command: Command = {
  id: "slipway.engine.doctor",
  async run(app) {
    await app.documents.open({ kind: "doctor", id: "doctor", name: "doctor" });
  },
};
