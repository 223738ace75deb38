import type { Container as SdkContainer } from "../../../sdk/index.ts";
import type { Container } from "../../model/container.ts";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { chosenContainers } from "../targets.ts";

/** A command that does one thing to each chosen container. */
export function containerCommand(
  name: string,
  title: () => string,
  suits: (container: Container) => boolean,
  act: (container: SdkContainer) => Promise<unknown>,
): Command {
  return {
    id: `slipway.containers.${name}`,
    async run(app, args) {
      const chosen = await chosenContainers(app, args, title(), suits);
      const engine = await app.session.engine();
      await forEach(
        "slipway.containers",
        chosen,
        (each) => each.name,
        async ({ id }) => await act(engine.containers.withId(id)),
      );
    },
  };
}
